import type { Options } from './options';
import type { Played } from './scenario';
import { userName } from './account';
import { shown, type Site } from './site';
import type { Standing } from './stage';
import { crowd, inOrder, line, pausesOf, spreadOf, statementsOfPauses, windowAround, type Pause } from './timeline';
import type { Verdict } from './verdicts';

/** Writes in colour, or not. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly strong: (text: string) => string;
}

export function paintFor({ isTTY }: { readonly isTTY?: boolean }): Paint {
  const code = (number: number) => (text: string) => (isTTY === true ? `\u001b[${number}m${text}\u001b[0m` : text);
  return { good: code(32), bad: code(31), quiet: code(2), strong: code(1) };
}

/** So many pipelines get a line each; more are summarised. */
const mostLines = 8;
const width = 40;

const openings: Readonly<Record<Options['scenario'], string>> = {
  rotation: 'One whole rotation, called as Secrets Manager calls it.',
  crash: 'A rotation whose process is killed in the pause: the link is changed, no pipeline runs again yet.',
  fail: 'A rotation whose new key is denied on the bucket.',
};

export function opening(scenario: Options['scenario'], title: string, site: Site, paint: Paint): string {
  const [link] = site.links;
  const running = site.pipelines.filter(({ state }) => state === 'Running').length;
  return [
    paint.strong(openings[scenario]),
    `  SingleStore ${title}; AWS stand-ins; the function is dist/lambda/index.js in a process of its own`,
    `  ${link === undefined ? '' : shown(link)} feeds ${site.pipelines.length} pipelines in two databases: ${running} running, 1 stopped, 1 in error`,
    '',
  ].join('\n');
}

export function report(played: Played, judged: readonly Verdict[], paint: Paint): string {
  const head = (text: string): string => `\n${paint.strong(text)}`;
  return [
    head('Pipelines'),
    ...pipelines(played, paint),
    ...statements(played, head),
    head('Before and after'),
    ...beforeAndAfter(played.before, played.after, paint),
    head('Verdicts, from what the servers saw'),
    ...judged.map(
      ({ name, good, says }) =>
        `  ${good ? paint.good('✓') : paint.bad('✗')} ${name.padEnd(15)}${good ? says : paint.bad(says)}`,
    ),
  ].join('\n');
}

function pipelines({ before, after, evidence, until }: Played, paint: Paint): readonly string[] {
  const pauses = pausesOf(evidence.transitions);
  const ran = [...before.states]
    .filter(([, state]) => state === 'Running')
    .map(([pipeline]) => pipeline)
    .sort();
  const rest = [...before.states].filter(([, state]) => state !== 'Running').sort();
  const longest = Math.max(...[...before.states.keys()].map(({ length }) => length));
  const label = (name: string): string => `  ${name.padEnd(longest)}  `;
  const rows = (of: readonly string[]): string => {
    const sum = ({ rows: loaded }: Standing) => of.reduce((total, name) => total + (loaded.get(name) ?? 0), 0);
    return paint.quiet(`rows ${sum(before)} → ${sum(after)}`);
  };
  const others = rest.map(
    ([name, state]) => `${label(name)}${paint.quiet(`${state} before, ${after.states.get(name) ?? 'gone'} after`)}`,
  );
  if (pauses.length === 0)
    return [
      ...summary(
        ran,
        `${ran.length === 1 ? 'it' : `all ${ran.length}`} loaded all the time, no pause was seen   ${rows(ran)}`,
      ),
      ...others,
    ];
  const window = windowAround(pauses, until);
  const scale = `${' '.repeat(longest + 4)}${paint.quiet(`━ loads  · paused; the line shows ${took(window.until - window.from)}`)}`;
  if (ran.length > mostLines) {
    const spread = spreadOf(pauses.map(({ from, to }) => (to ?? until) - from));
    const drawn = crowd(pauses, window, ran.length, width);
    return [
      `  ${ran.length} pipelines     [${drawn}]  how many are paused, over ${took(window.until - window.from)}`,
      `  each paused       ${took(spread.least)} to ${took(spread.most)}, half of them ${took(spread.median)} or less   ${rows(ran)}`,
      ...others,
    ];
  }
  return [
    scale,
    ...ran.map((name) => {
      const own = pauses.filter(({ pipeline }) => pipeline === name);
      return `${label(name)}${line(own, window, width)}  ${pausedFor(own)}   ${rows([name])}`;
    }),
    ...others,
  ];
}

const summary = (ran: readonly string[], says: string): readonly string[] => [`  ${ran.length} running: ${says}`];

const pausedFor = (pauses: readonly Pause[]): string =>
  pauses.length === 0
    ? 'not paused'
    : `paused ${pauses.map(({ from, to }) => (to === undefined ? 'for good' : took(to - from))).join(' and ')}`;

const took = (milliseconds: number): string => `${Math.round(milliseconds).toLocaleString('en')} ms`;

function statements({ evidence }: Played, head: (text: string) => string): readonly string[] {
  if (evidence.statements === undefined) return [];
  const pauses = statementsOfPauses(evidence.statements);
  if (pauses.length === 0) return [head('Statements in the pause'), '  none: there was no pause'];
  return [head('Statements in the pause, in this order'), ...pauses.flatMap((pause) => wrapped(inOrder(pause)))];
}

function wrapped(text: string): readonly string[] {
  const lines = [''];
  for (const part of text.split(/(?<=,) /)) {
    const last = lines.length - 1;
    if ((lines[last] ?? '').length + part.length > 110) lines.push(part);
    else lines[last] = `${lines[last] ?? ''} ${part}`.trim();
  }
  return lines.map((one, at) => `  ${at > 0 ? '  ' : ''}${one}`);
}

function beforeAndAfter(before: Standing, after: Standing, paint: Paint): readonly string[] {
  const column = 24;
  const row = (name: string, was = '-', is = '-'): string =>
    `  ${name.padEnd(column)}${was.padEnd(column + 8)}${was === is ? paint.quiet(is) : is}`;
  const labels = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];
  const keys = [...new Set([...before.keys.keys(), ...after.keys.keys()])];
  return [
    ...labels.map((label) => row(label, before.labels[label], after.labels[label])),
    ...keys.map((key) => row(key, before.keys.get(key) ?? 'not there', after.keys.get(key) ?? 'deleted')),
    `  ${paint.quiet(`labels show the access key in their version; below them, the keys of the IAM user ${userName}`)}`,
    `  SHOW CREATE LINK, before ${before.link === after.link ? 'and after' : ''}`.trimEnd(),
    `    ${before.link}`,
    ...(before.link === after.link ? [] : ['  and after', `    ${after.link}`]),
  ];
}
