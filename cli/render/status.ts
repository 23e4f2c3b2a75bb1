import { leftOutText } from '../../lambda/core/bound';
import {
  keyFingerprint,
  type LinkStatus,
  type PipelineStatus,
  type SecretStatus,
  type Status,
} from '../../lambda/core/status';
import { holdingText, secretName, shownName, withoutAge } from '../../lambda/page/names';
import {
  byRank,
  byTone,
  levelOf,
  levels,
  levelText,
  moreLinks,
  olderError,
  pausedNow,
  sizeOf,
  states,
  toneOf,
  type Level,
  type Tone as Condition,
} from '../../lambda/page/verdict';
import { counted } from '../../lambda/page/view';
import { pastRotations } from './history';
import { explained } from './explanation';
import { bad, heading, paragraph, quiet, said, strong, table, toned, warn, type Cell } from './lines';
import { few, mostListed } from './many';
import { painted, type Paper, type Tone } from './paper';
import { age, ago, ahead, moment, old, readable } from './words';

export const signs: Readonly<Record<Level, readonly [sign: string, tone: Tone]>> = {
  well: ['✓', 'good'],
  busy: ['…', 'strong'],
  watch: ['!', 'warn'],
  person: ['✗', 'bad'],
};
const tones: Readonly<Record<Condition, Tone>> = { good: 'good', paused: 'warn', idle: 'quiet', bad: 'bad' };

/** @param all every secret, link and pipeline, however many there are */
export function renderStatus({ at, secrets, leftOut }: Status, paper: Paper, all = false): readonly string[] {
  if (secrets.length === 0 && leftOut === undefined)
    return ['No secret is configured: ROTATIONS of the function is empty.'];
  const [whole, brief] = all || secrets.length <= mostWhole ? [secrets, []] : byNeed(secrets);
  return [
    ...whole.flatMap((secret, index) => [...(index === 0 ? [] : ['']), ...renderSecret(secret, at, paper, all)]),
    ...(brief.length === 0
      ? []
      : [...(whole.length === 0 ? [] : ['']), ...brief.map((secret) => title(secret, paper))]),
    ...(brief.length === 0 ? [] : paragraph(paper, quiet('status SECRET shows one of them in full, --all every one'))),
    ...(leftOut === undefined
      ? []
      : paragraph(paper, warn(`${leftOutText(leftOut)}. Ask for one secret to see more.`))),
  ];
}

/** So many secrets are shown in full whatever they are; of more those that need eyes are, and the others have a line each. */
const mostWhole = 3;

function byNeed(
  secrets: readonly SecretStatus[],
): readonly [whole: readonly SecretStatus[], brief: readonly SecretStatus[]] {
  const sorted = secrets.toSorted((a, b) => levels.indexOf(levelOf(b)) - levels.indexOf(levelOf(a)));
  const whole = sorted.filter((secret) => levelOf(secret) !== 'well').slice(0, mostListed);
  return [whole, sorted.slice(whole.length)];
}

function title(secret: SecretStatus, paper: Paper): string {
  const level = levelOf(secret);
  const [sign, tone] = signs[level];
  return `${painted(sign, tone, paper)} ${heading(paper, secretName(secret.secretId))}  ${painted(levelText[level].toLowerCase(), tone, paper)}`;
}

function renderSecret(secret: SecretStatus, at: string, paper: Paper, all: boolean): readonly string[] {
  const paused = pausedNow(secret, (until) => ahead(until, at));
  return [
    title(secret, paper),
    ...(paused === null ? [] : said(paper, warn('!'), paused)),
    ...explained(secret.stuck, at, paper, all),
    ...few([...secret.drift, ...secret.unseen.map((sentence) => `not seen: ${sentence}`)], all).flatMap((sentence) =>
      said(paper, warn('!'), readable(sentence)),
    ),
    ...section(paper, 'Versions', versions(secret, at, paper)),
    ...section(paper, 'Links and pipelines', links(secret, at, paper, all)),
    ...section(paper, `Access keys of ${secret.source.of}`, keys(secret, at, paper)),
    ...section(paper, 'Last rotations', pastRotations(secret, at, paper)),
    ...schedule(secret, at, paper),
  ];
}

const section = (paper: Paper, title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [heading(paper, title), ...lines];

const versions = ({ versions: all }: SecretStatus, at: string, paper: Paper): readonly string[] =>
  table(
    paper,
    all.map((version) => [
      version.labels.join(', ') || 'no label',
      version.fingerprint,
      version.since === null ? quiet(withoutAge(version)) : old(version.since, at),
      version.keyId === null ? '' : `key ${keyFingerprint(version.keyId)}`,
    ]),
  );

function links({ links: all }: SecretStatus, at: string, paper: Paper, whole: boolean): readonly string[] {
  const sorted = byRank(all);
  const listed = whole ? sorted : sorted.slice(0, mostListed);
  const others = sorted.slice(listed.length);
  return [
    ...listed.flatMap((link) => [
      ...table(paper, [[strong(shownName(link.link)), quiet(`${link.type ?? 'not seen'} on ${link.cluster}`)]]),
      ...paragraph(paper, holding(link, at), 4),
      ...bracket(link, at, paper),
      ...pipelines(link, at, paper, whole),
    ]),
    ...(others.length === 0 ? [] : paragraph(paper, quiet(`${moreLinks(others)}; --all lists them`))),
  ];
}

function holding(link: LinkStatus, at: string): Cell {
  const { holds, agrees, unread } = link;
  const [only, other] = holds;
  const pausesUnknown = 'whether these are paused by us';
  if (only === undefined)
    return unread === true
      ? bad(`what it holds, and ${pausesUnknown}, is not known`)
      : warn('no record yet of what it holds');
  const certain = other === undefined;
  const label = certain ? (only.labels.find((one) => one === 'AWSCURRENT') ?? only.labels[0]) : undefined;
  const since = certain && only.since !== null ? ` for ${age(only.since, at)}` : '';
  const text = `holds ${holdingText(link)}${label === undefined ? '' : ` (${label})`}${since}`;
  if (unread === true) return bad(`${text}; ${pausesUnknown} is not known`);
  return agrees ? text : warn(text);
}

function bracket({ bracket: pause }: LinkStatus, at: string, paper: Paper): readonly string[] {
  if (pause === null) return [];
  const paused = counted(sizeOf(pause), 'pipeline');
  const way = pause.direction === 'forward' ? 'for the new credentials' : 'on the way back to AWSCURRENT';
  if (pause.phase === 'resumed')
    return paragraph(paper, quiet(`${paused} resumed ${way}; remembered until the version is promoted`), 4);
  const who = pause.held
    ? warn(`paused ${way} ${ago(pause.openedAt, at)}: a run is at work, or its lease of 30 s has not run out yet`)
    : bad(`paused ${way} ${ago(pause.openedAt, at)}, and nobody is at work on it: recover resumes ${paused}`);
  return paragraph(paper, who, 4);
}

function pipelines(link: LinkStatus, at: string, paper: Paper, whole: boolean): readonly string[] {
  const { pipelines: all, leftOut = 0 } = link;
  if (all.length + leftOut === 0) return paragraph(paper, quiet('no pipeline reads through it'), 4);
  const sorted = byTone(all);
  const listed = new Set(whole ? all : Object.keys(tones).flatMap((tone) => worthListing(all, tone)));
  const rows = sorted
    .filter((pipeline) => listed.has(pipeline))
    .map((pipeline): readonly Cell[] => {
      const { pipeline: name, state, pausedByUs, lastBatch, lastError } = pipeline;
      return [
        shownName(name),
        toned(tones[toneOf(pipeline)], pausedByUs ? `${state}, paused by us` : state),
        lastBatch === null ? quiet('no batch yet') : `batch ${lastBatch}`,
        lastError === null
          ? quiet(olderError(pipeline, link) ?? '')
          : bad(`${lastError.kind} error ${lastError.code}, ${ago(lastError.at, at)}`),
      ];
    });
  const others = sorted.filter((pipeline) => !listed.has(pipeline));
  const tone = others[0] === undefined ? 'quiet' : tones[toneOf(others[0])];
  const besides = rows.length === 0 ? '' : ' besides';
  const counts = [
    ...(others.length === 0 ? [] : [`${states(others)}${besides}; --all lists them`]),
    ...(leftOut === 0 ? [] : [`${counted(leftOut, 'more pipeline')} left out of the answer`]),
  ];
  return [...table(paper, rows, 4), ...counts.flatMap((text) => paragraph(paper, toned(tone, text), 4))];
}

/** Of many that are not as they should be the first; of many that are, none. */
function worthListing(pipelines: readonly PipelineStatus[], tone: string): readonly PipelineStatus[] {
  const alike = pipelines.filter((pipeline) => toneOf(pipeline) === tone);
  return alike.length > mostListed && tone === 'good' ? [] : alike.slice(0, mostListed);
}

const keys = ({ keys: all }: SecretStatus, at: string, paper: Paper): readonly string[] =>
  table(
    paper,
    all.map(({ fingerprint, active, createdAt, lastUsed, fate }) => [
      fingerprint,
      active ? 'Active' : quiet('Inactive'),
      old(createdAt, at),
      lastUsed === null ? quiet('never used') : `used ${ago(lastUsed.at, at)}, ${lastUsed.service}`,
      readable(fate),
    ]),
  );

function schedule({ rotation: { enabled, next, last } }: SecretStatus, at: string, paper: Paper): readonly string[] {
  const parts = [
    enabled === null ? 'not known: the secret was not seen' : enabled ? 'on' : 'off: nobody calls the function',
    ...(next === null ? [] : [`next by ${moment(next)}, ${ahead(next, at)}`]),
    ...(last !== null ? [`last success ${ago(last, at)}`] : enabled === null ? [] : ['none has succeeded yet']),
  ];
  return [`${heading(paper, 'Rotation')}  ${painted(parts.join('; '), enabled ? undefined : 'warn', paper)}`];
}
