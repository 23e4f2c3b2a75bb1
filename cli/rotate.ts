import { expected } from './answers';
import { startRotation, type Ask } from './edge/aws';
import { exits, Failure, type Exit } from './exit';
import { follow, stepsPassed, type Look, type Stand } from './follow';
import type { Common, Own } from './options';
import type { Outside } from './program';
import { renderFollowed, stepDone, stepFailed, underWay } from './render/rotation';
import { secretName } from '../lambda/page/names';
import type { SecretStatus } from '../lambda/core/status';

/**
 * Has Secrets Manager start a rotation, and looks at the status until it has ended. Whoever stops looking (Ctrl-C) stops nothing else.
 *
 * @throws Failure when it could not be started
 */
export async function rotateAndFollow(
  secretId: string,
  { json, patience }: Common & Own,
  ask: Ask,
  { paper, out, err, moving, now, sleep }: Outside,
): Promise<Exit> {
  const look = async (): Promise<Look> => {
    const { at, secrets } = expected('status', await ask({ action: 'status', secretId }));
    const [secret] = secrets;
    if (secret === undefined) throw new Failure(`the function knows nothing of ${secretId}`);
    return { secret, at };
  };
  await look(); // before anything is begun: the function answers, and the secret is one of its own
  const say = json ? err : out;
  const version = await begin(secretId, look, say);
  const from = now();
  const tell = (stand: Stand, before: Stand | null): void => {
    moving?.('');
    for (const step of stepsPassed(stand, before)) {
      say(stepDone(step, now() - from, paper));
    }
    const failed = stand.failures - (before?.failures ?? 0);
    if (stand.failure !== null && failed > 0) {
      say(
        stepFailed(
          failed,
          stand.failure === before?.failure ? 'the same again' : stand.failure,
          before === null ? null : now() - from,
          paper,
        ),
      );
    }
    moving?.(underWay(stand, now() - from, paper));
  };
  const followed = await follow(version, { look, now, sleep, tell, patienceMs: patience * 1_000 })
    .catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(`${error.message} The rotation goes on all the same; status shows how.`, error.exit);
    })
    .finally(() => moving?.(''));
  const { outcome, secret } = followed;
  if (json) out(JSON.stringify({ version, outcome, secret }, null, 2));
  else out(renderFollowed(followed, version, paper).join('\n'));
  return outcome === 'done' ? exits.fine : exits.attention;
}

/** @returns the version that the rotation makes */
async function begin(secretId: string, look: () => Promise<Look>, say: (text: string) => void): Promise<string> {
  const started = await startRotation(secretId);
  if ('version' in started) {
    say(
      `Secrets Manager has begun a rotation of ${secretName(secretId)}, version ${started.version}. Ctrl-C stops looking, not the rotation.`,
    );
    return started.version;
  }
  const pending = started.underWay ? pendingOf((await look()).secret) : undefined;
  if (pending === undefined)
    throw new Failure(`Secrets Manager did not begin a rotation: ${started.refused}`, exits.attention);
  say(
    `A rotation is under way already, version ${pending}; Secrets Manager tries it again. Ctrl-C stops looking, not the rotation.`,
  );
  return pending;
}

const pendingOf = ({ versions }: SecretStatus): string | undefined =>
  versions.find(({ labels }) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'))?.version;
