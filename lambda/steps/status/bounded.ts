import { bounded, shortened, thinned, type Cut, type LeftOut } from '../../core/bound';
import type { LinkStatus, PipelineStatus, SecretStatus, Status } from '../../core/status';

/** The status as it is answered: what needs nobody is left out first, and what needs a person last. */
export const boundedStatus = (status: Status, bytes?: number): Status => bounded(status, cuts, countsOf, bytes);

const needsEyes = ({ state, pausedByUs, lastError }: PipelineStatus): boolean =>
  pausedByUs || state === 'Error' || lastError !== null;
const isWell = (pipeline: PipelineStatus): boolean => pipeline.state === 'Running' && !needsEyes(pipeline);
const isIdle = (pipeline: PipelineStatus): boolean => !needsEyes(pipeline);
const isSettled = ({ agrees, bracket, pipelines }: LinkStatus): boolean =>
  agrees && bracket === null && !pipelines.some(needsEyes);
const isQuiet = ({ stuck, drift, unseen }: SecretStatus): boolean =>
  stuck === null && drift.length + unseen.length === 0;

const ofSecrets =
  (change: (secret: SecretStatus, keep: number) => SecretStatus): Cut<Status>['keeping'] =>
  (status, keep) => ({ ...status, secrets: status.secrets.map((secret) => change(secret, keep)) });

const ofLinks = (change: (link: LinkStatus, keep: number) => LinkStatus): Cut<Status>['keeping'] =>
  ofSecrets((secret, keep) => ({ ...secret, links: secret.links.map((link) => change(link, keep)) }));

const pipelines = (mayGo: (pipeline: PipelineStatus) => boolean): Cut<Status>['keeping'] =>
  ofLinks((link, keep) => ({ ...link, ...listing(link, thinned(link.pipelines, keep, mayGo)) }));

/** A list that was cut, with how many it lacks. */
function listing<T>(
  { pipelines: all, leftOut = 0 }: { pipelines: readonly T[]; leftOut?: number },
  kept: readonly T[],
) {
  const lacking = leftOut + all.length - kept.length;
  return { pipelines: kept, ...(lacking === 0 ? {} : { leftOut: lacking }) };
}

const names = ofSecrets(({ journal, links, ...secret }, keep) => ({
  ...secret,
  journal: { ...journal, unproven: thinned(journal.unproven, keep), retirements: journal.retirements.slice(-keep) },
  links: links.map((link) => {
    const { bracket } = link;
    return bracket === null
      ? link
      : { ...link, bracket: { ...bracket, ...listing(bracket, thinned(bracket.pipelines, keep)) } };
  }),
}));

const sentences = (change: (told: readonly string[], keep: number) => readonly string[]): Cut<Status>['keeping'] =>
  ofSecrets(({ stuck, drift, unseen, ...secret }, keep) => ({
    ...secret,
    stuck: stuck === null ? null : { ...stuck, leftBehind: change(stuck.leftBehind, keep) },
    drift: change(drift, keep),
    unseen: change(unseen, keep),
  }));

const cuts: readonly Cut<Status>[] = [
  { least: 0, keeping: pipelines(isWell) },
  {
    least: 0,
    keeping: ofSecrets(({ history, ...secret }, keep) => ({
      ...secret,
      history: history.map((past) => ({ ...past, spans: past.spans.slice(0, keep) })),
    })),
  },
  { least: 0, keeping: pipelines(isIdle) },
  {
    least: 1,
    keeping: ofSecrets(({ history, ...secret }, keep) => ({ ...secret, history: history.slice(0, keep) })),
  },
  { least: 4, keeping: names },
  { least: 16, keeping: sentences(thinned) },
  { least: 512, keeping: sentences((told, keep) => told.map((one) => shortened(one, keep))) },
  {
    least: 0,
    keeping: ofSecrets(({ links, ...secret }, keep) => ({ ...secret, links: thinned(links, keep, isSettled) })),
  },
  { least: 4, keeping: pipelines(() => true) },
  {
    least: 0,
    keeping: (status, keep) => ({ ...status, secrets: thinned(status.secrets, keep, isQuiet) }),
  },
  {
    least: 1,
    keeping: ofSecrets(({ links, ...secret }, keep) => ({ ...secret, links: thinned(links, keep) })),
  },
  { least: 0, keeping: (status, keep) => ({ ...status, secrets: thinned(status.secrets, keep) }) },
];

function countsOf({ secrets }: Status): LeftOut {
  const links = secrets.flatMap((secret) => secret.links);
  const history = secrets.flatMap((secret) => secret.history);
  const sum = <T>(all: readonly T[], count: (one: T) => number): number =>
    all.reduce((total, one) => total + count(one), 0);
  return {
    secrets: secrets.length,
    links: links.length,
    pipelines: sum(links, (link) => link.pipelines.length),
    rotations: history.length,
    pauses: sum(history, ({ spans }) => spans.length),
    names:
      sum(links, ({ bracket }) => bracket?.pipelines.length ?? 0) +
      sum(secrets, ({ journal }) => journal.unproven.length + journal.retirements.length),
    sentences: sum(
      secrets,
      ({ stuck, drift, unseen }) => (stuck?.leftBehind.length ?? 0) + drift.length + unseen.length,
    ),
  };
}
