import type { RotationOutcome } from '../../standins/aws/rotation';
import type { Scenario } from './scenarios';
import type { Stage } from './stage';

interface LinkItem {
  readonly bracket?: { readonly phase: string } | null;
  readonly lease?: { readonly until: number } | null;
}

/** What is wrong, from the servers' own state, in words; none is well. */
export function found(
  { ends }: Scenario,
  { sockets, oldKey, broken, look, leaks }: Stage,
  before: Readonly<Record<string, string>>,
  settled: readonly number[],
) {
  const { account, servers } = sockets;
  const items = async (): Promise<LinkItem[]> =>
    (await account.journal()).map((stored) => {
      const { item } = JSON.parse(stored) as { item: { S: string } };
      return JSON.parse(item.S) as LinkItem;
    });
  const current = () => sockets.labelled('AWSCURRENT');
  const asFound = (): string[] =>
    Object.entries(sockets.states())
      .filter(([pipeline, state]) => state !== before[pipeline])
      .map(([pipeline, state]) => `${pipeline} was ${String(before[pipeline])}, and is ${state}`);
  const onKey = (wanted: unknown): string[] =>
    [...sockets.held(), current()]
      .filter((key) => key !== wanted)
      .map((key) => `${String(key)} instead of ${String(wanted)} in a link or AWSCURRENT`);
  const open = async (): Promise<string[]> =>
    (await items()).some(({ bracket }) => bracket?.phase === 'open')
      ? ['the journal says that something is paused']
      : [];

  return {
    /** Whatever the service and the watchdog were to do has been done. */
    async ended({ outcome, version, attempts }: RotationOutcome): Promise<string[]> {
      const said = attempts.flatMap(({ step, error }) =>
        error === undefined ? [] : [`${step}: ${error.errorMessage}`],
      );
      const wanted = ends === 'rotated' ? 'succeeded' : 'abandoned';
      const { labels } = account.aws.secrets.find(sockets.arn);
      const pending = labels.get('AWSPENDING');
      const now = Date.now();
      return [
        ...(outcome === wanted ? [] : [`${outcome} instead of ${wanted} (${said.join(' | ')})`]),
        ...(pending === undefined || pending === labels.get('AWSCURRENT') ? [] : [`AWSPENDING is left on ${pending}`]),
        ...(ends === 'rotated' && labels.get('AWSCURRENT') !== version ? ['AWSCURRENT is not the new version'] : []),
        ...(ends === 'rotated' && current() === oldKey ? ['AWSCURRENT is the old key'] : []),
        ...asFound(),
        ...onKey(ends === 'rotated' ? current() : oldKey),
        ...(await open()),
        ...((await items()).some(({ lease }) => (lease?.until ?? 0) > now) ? ['a lease is left'] : []),
      ];
    },
    /** P1, with nothing at hand but the journal and the cluster. */
    async nothingPaused(): Promise<string[]> {
      // what the source refuses is no longer paused, and in error until the link goes back
      const isFine = ends === 'rotated' ? [] : ['Error'];
      const wrong = Object.entries(sockets.states())
        .filter(([pipeline, state]) => state !== before[pipeline] && !isFine.includes(state))
        .map(([pipeline, state]) => `${pipeline} was ${String(before[pipeline])}, and recover left it ${state}`);
      return [...wrong, ...(await open())];
    },
    onOldKey: (): string[] => [...asFound(), ...onKey(oldKey)],
    /** What holds at every moment, and of everything put out. */
    async always(): Promise<string[]> {
      look();
      const started = servers.flatMap(({ transitions }, at) =>
        transitions
          .slice(settled[at])
          .filter(({ to }) => to === 'Running')
          .map(({ database, pipeline }) => `${at} \`${database}\`.\`${pipeline}\``)
          .filter((pipeline) => before[pipeline] !== 'Running'),
      );
      return [
        ...broken,
        ...[...new Set(started)].map((pipeline) => `${pipeline} was ${String(before[pipeline])}, and was started`),
        ...(account.user.keys.length > 2 ? [`${account.user.keys.length} keys`] : []),
        ...(await leaks()).map((where) => `a secret stands in ${where}`),
      ];
    },
  };
}
