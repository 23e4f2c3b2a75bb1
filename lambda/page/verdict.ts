import type { PastRotation } from '../core/history';
import type { LinkStatus, PipelineStatus, SecretStatus, Status } from '../core/status';
import { counted } from './view';

/** The worst last. `busy`: a rotation is under way. `watch`: not as it should be, and nobody has to act. `person`: somebody has. */
export const levels = ['well', 'busy', 'watch', 'person'] as const;
export type Level = (typeof levels)[number];

const worst = (found: readonly Level[]): Level => levels.findLast((level) => found.includes(level)) ?? 'well';

export function levelOf(secret: SecretStatus): Level {
  if ((secret.journalUnread ?? []).length > 0 || pausesUnread(secret)) return 'person';
  if (secret.stuck !== null) return secret.stuck.command === null ? 'watch' : 'person';
  if (secret.drift.length > 0 || secret.unseen.length > 0) return 'watch';
  return secret.links.some(({ bracket }) => bracket?.phase === 'open') || isPending(secret) ? 'busy' : 'well';
}

/**
 * Pipelines that are paused under a lease that runs, in a sentence: whether its run lives shows only when it renews it or not.
 *
 * @param when how the end of a lease, ISO 8601, is told
 */
export function pausedNow({ links }: SecretStatus, when: (at: string) => string): string | null {
  const open = links.flatMap(({ bracket }) => (bracket?.phase === 'open' && bracket.held ? [bracket] : []));
  const last = open
    .flatMap(({ leaseUntil }) => leaseUntil ?? [])
    .sort()
    .at(-1);
  if (last === undefined) return null;
  const count = open.reduce((sum, bracket) => sum + sizeOf(bracket), 0);
  return `${counted(count, 'pipeline')} ${count === 1 ? 'is' : 'are'} paused by a run that may be alive. Unless it renews its lease, that runs out ${when(last)}; then the watchdog starts ${count === 1 ? 'it' : 'them'}.`;
}

/** How many pipelines a pause has, listed or not. */
export const sizeOf = ({ pipelines, leftOut = 0 }: NonNullable<LinkStatus['bracket']>): number =>
  pipelines.length + leftOut;

/** Whether any pipeline is paused by us is not known. */
export const pausesUnread = ({ journalUnread = [], links }: SecretStatus): boolean =>
  journalUnread.includes('links') || links.some(({ unread }) => unread === true);

/** How many pipelines are paused for a version's sake at this moment, as far as it is known. */
export const pausedFor = ({ links }: SecretStatus, version: string): number =>
  links
    .flatMap(({ bracket, holds }) =>
      bracket?.phase === 'open' && [bracket.to, ...holds.map((held) => held.version)].includes(version)
        ? [bracket]
        : [],
    )
    .reduce((sum, bracket) => sum + sizeOf(bracket), 0);

/** How a rotation stands: one that has failed, or that nobody is at work on, only waits. */
export const outcomeText = ({ outcome, failures, version }: PastRotation, stuck: SecretStatus['stuck']): string => {
  if (outcome !== 'running') return outcome.replace('-', ' ');
  return failures > 0 || stuck?.version === version ? 'pending' : 'under way';
};

const isPending = ({ versions }: SecretStatus): boolean =>
  versions.some(({ labels }) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'));

export const levelText: Readonly<Record<Level, string>> = {
  well: 'All is well',
  busy: 'A rotation is under way',
  watch: 'Worth a look',
  person: 'Needs a person',
};

/** Of all secrets. Where there is none nothing is wrong, and nothing rotates. */
export const levelOfAll = ({ secrets }: Status): Level =>
  secrets.length === 0 ? 'watch' : worst(secrets.map(levelOf));

/** The same in a few words. */
export const headline = (status: Status): string =>
  status.secrets.length === 0 ? 'No secret is configured' : levelText[levelOfAll(status)];

/** One sentence about all secrets. */
export function summary({ secrets }: Status): string {
  const found = secrets.map(levelOf);
  const number = (level: Level): number => found.filter((one) => one === level).length;
  const told = levels
    .filter((level) => level !== 'well' && number(level) > 0)
    .map((level) => `${number(level)}: ${levelText[level].toLowerCase()}`);
  const links = secrets.flatMap(({ links }) => links);
  const pipelines = links.flatMap(({ pipelines }) => pipelines);
  const seen = [
    counted(secrets.length, 'secret'),
    counted(links.length, 'link'),
    counted(pipelines.length, 'pipeline'),
  ];
  return `${seen.join(', ')}${told.length > 0 && secrets.length > 1 ? ` (secrets by state: ${told.reverse().join('; ')})` : ''}`;
}

/** How a pipeline is: by colour, and always by a word, too. */
export type Tone = 'good' | 'paused' | 'idle' | 'bad';
const tones: readonly Tone[] = ['bad', 'paused', 'idle', 'good'];

export function toneOf({ state, pausedByUs, lastError }: PipelineStatus): Tone {
  if (state === 'Error' || lastError?.kind === 'credential') return 'bad';
  if (pausedByUs) return 'paused';
  return state === 'Running' ? 'good' : 'idle';
}

export function stateText({ state, pausedByUs, lastError }: PipelineStatus): string {
  const shown = pausedByUs ? 'paused' : state;
  return lastError === null ? shown : `${shown}, ${lastError.kind} error ${lastError.code}`;
}

/** Of a pipeline in Error without one since its link was changed: it came to it before. */
export const olderError = ({ state, lastError }: PipelineStatus, { holds }: LinkStatus): string | null =>
  state === 'Error' && lastError === null && holds.some(({ since }) => since !== null) ? 'no new error' : null;

/** What needs eyes comes first; otherwise as the status has it. */
export const byTone = (pipelines: readonly PipelineStatus[]): readonly PipelineStatus[] =>
  pipelines.toSorted((a, b) => tones.indexOf(toneOf(a)) - tones.indexOf(toneOf(b)));

const linkRank = (link: LinkStatus): number =>
  link.bracket?.phase === 'open' ? 0 : !link.agrees ? 1 : Math.min(4, 2 + tones.indexOf(worstTone(link)));
const worstTone = ({ pipelines }: LinkStatus): Tone =>
  tones.find((tone) => pipelines.some((pipeline) => toneOf(pipeline) === tone)) ?? 'good';
export const byRank = (links: readonly LinkStatus[]): readonly LinkStatus[] =>
  links.toSorted((a, b) => linkRank(a) - linkRank(b));

/** "290 Running, 4 Stopped". */
export function states(pipelines: readonly PipelineStatus[]): string {
  const counts = new Map<string, number>();
  for (const pipeline of pipelines) {
    const shown = pipeline.pausedByUs ? 'paused' : pipeline.state;
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}

/** Links that are not told of one by one. */
export function moreLinks(links: readonly LinkStatus[]): string {
  const agreeing = links.filter(({ agrees }) => agrees).length;
  const pipelines = links.flatMap((link) => link.pipelines);
  const told = pipelines.length === 0 ? '' : `; ${counted(pipelines.length, 'pipeline')}: ${states(pipelines)}`;
  const unread = links.filter((link) => link.unread === true).length;
  return `${counted(links.length, 'more link')}, ${agreeing} with AWSCURRENT${unread === 0 ? '' : `, ${unread} not known`}${told}`;
}
