import type { Options } from './options';
import type { StatementRecord } from '../singlestore';
import { seconds } from './progress';
import type { Played } from './scenario';
import { userName } from './account';
import { hung, lengthOf, type Paper } from './paper';
import { shown, type Site } from './site';
import type { Standing } from './stage';
import { crowd, inOrder, line, pausesOf, spreadOf, statementsOfPauses, windowAround, type Pause } from './timeline';
import type { Verdict } from './verdicts';

/** So many pipelines get a line each; more are summarised. */
const mostLines = 8;
/** A pipeline's timeline has so many characters, where there is room. */
const widest = 40;
const narrowest = 10;

const openings: Readonly<Record<Options['scenario'], string>> = {
  rotation: 'One whole rotation, called as Secrets Manager calls it.',
  crash: 'A rotation whose process is killed in the pause: the link is changed, no pipeline runs again yet.',
  fail: 'A rotation whose new key is denied on the bucket.',
};

export function opening(scenario: Options['scenario'], title: string, site: Site, paper: Paper): string {
  const [link] = site.links;
  const running = site.pipelines.filter(({ state }) => state === 'Running').length;
  const row = (name: string, says: string): string => hung(`  ${name.padEnd(10)}`, says, paper.width);
  return [
    hung('', paper.strong(openings[scenario]), paper.width),
    row('cluster', title),
    row('AWS', 'stand-ins for Secrets Manager, IAM, STS, S3, DynamoDB, SNS and Lambda'),
    row('function', 'dist/lambda/index.js, the built one, in a process of its own'),
    row(
      'link',
      `${link === undefined ? '' : shown(link)} feeds ${site.pipelines.length} pipelines in all, in two databases: ${running} running, 1 stopped, 1 in error`,
    ),
    '',
  ].join('\n');
}

export function report(
  played: Played,
  judged: readonly Verdict[],
  scenario: Options['scenario'],
  paper: Paper,
): string {
  const head = (text: string): string => `\n${paper.strong(text)}`;
  return [
    head('Pipelines'),
    ...pipelines(played, paper),
    ...statements(played, scenario, head, paper),
    head('Before and after'),
    ...beforeAndAfter(played, scenario, paper),
    head('Verdicts, from what the servers saw'),
    ...judged.map(({ name, good, says }) =>
      hung(
        `  ${good ? paper.good('✓') : paper.bad('✗')} ${name.padEnd(15)}`,
        good ? says : paper.bad(says),
        paper.width,
      ),
    ),
  ].join('\n');
}

function pipelines({ before, after, evidence, until }: Played, paper: Paper): readonly string[] {
  const pauses = pausesOf(evidence.transitions);
  const ran = [...before.states]
    .filter(([, state]) => state === 'Running')
    .map(([pipeline]) => pipeline)
    .sort();
  const rest = [...before.states].filter(([, state]) => state !== 'Running').sort();
  const longest = Math.max(...[...before.states.keys()].map(({ length }) => length));
  const row = (name: string, says: string): string => hung(`  ${name.padEnd(longest)}  `, says, paper.width);
  const rows = (of: readonly string[]): string => {
    const sum = ({ rows: loaded }: Standing) => of.reduce((total, name) => total + (loaded.get(name) ?? 0), 0);
    return paper.quiet(`rows ${sum(before)} → ${sum(after)}`);
  };
  const others = rest.map(([name, state]) =>
    row(name, paper.quiet(`${state} before, ${after.states.get(name) ?? 'gone'} after`)),
  );
  if (pauses.length === 0) {
    const all = ran.length === 1 ? 'it' : `all ${ran.length}`;
    const says = `${ran.length} running: ${all} loaded all the time, no pause was seen   ${rows(ran)}`;
    return [hung('  ', says, paper.width), ...others];
  }
  const window = windowAround(pauses, until);
  const whole = took(window.until - window.from);
  if (ran.length > mostLines) {
    const spread = spreadOf(pauses.map(({ from, to }) => (to ?? until) - from));
    const says = `${took(spread.least)} to ${took(spread.most)}, median ${took(spread.median)}   ${rows(ran)}`;
    return [
      `  ${`${ran.length} pipelines`.padEnd(15)}[${crowd(pauses, window, ran.length, widest)}]`,
      hung(' '.repeat(17), paper.quiet(`how many are paused, over ${whole}`), paper.width),
      hung('  each paused    ', says, paper.width),
      ...others,
    ];
  }
  const told = ran.map((name) => {
    const own = pauses.filter(({ pipeline }) => pipeline === name);
    return { name, own, says: `  ${pausedFor(own)}   ${rows([name])}` };
  });
  const room = paper.width - longest - 4 - Math.max(...told.map(({ says }) => lengthOf(says)));
  const width = Math.max(narrowest, Math.min(widest, room));
  return [
    row('', paper.quiet(`━ loads  · paused; the line shows ${whole}`)),
    ...told.map(({ name, own, says }) => row(name, line(own, window, width) + says)),
    ...others,
  ];
}

const pausedFor = (pauses: readonly Pause[]): string =>
  pauses.length === 0
    ? 'not paused'
    : `paused ${pauses.map(({ from, to }) => (to === undefined ? 'for good' : took(to - from))).join(' and ')}`;

const took = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : seconds(milliseconds);

function statements(
  { evidence }: Played,
  scenario: Options['scenario'],
  head: (text: string) => string,
  paper: Paper,
): readonly string[] {
  if (evidence.statements === undefined) return [];
  const pauses = statementsOfPauses(evidence.statements);
  if (pauses.length === 0) return [head('Statements in the pause'), '  none: there was no pause'];
  if (scenario === 'crash') return [head('Statements in the pauses, in this order'), ...crashed(pauses, paper)];
  return [
    head('Statements in the pause, in this order'),
    ...pauses.map((pause) => hung('  ', `${inOrder(pause)}; STOP and START over ${connections(pause)}`, paper.width)),
  ];
}

/** A pause that one run began and another ended, and what came after it. */
function crashed([first = [], ...others]: ReturnType<typeof statementsOfPauses>, paper: Paper): readonly string[] {
  const row = (who: string, says: string): string => hung(`  ${who.padEnd(12)}`, says, paper.width);
  const end = first.findLastIndex(({ outcome }) => outcome === 'dropped') + 1;
  return [
    row('killed run', inOrder(first.slice(0, end))),
    row('watchdog', inOrder(first.slice(end))),
    row(
      '',
      paper.quiet('a SELECT on each of its new connections; is the killed run still connected? which are stopped?'),
    ),
    ...others.map((pause) => row('retry', inOrder(pause))),
  ];
}

const connections = (pause: readonly StatementRecord[]): string => {
  const { size } = new Set(
    pause.filter(({ kind }) => /^(stop|start)-pipeline$/.test(kind)).map(({ connectionId }) => connectionId),
  );
  return `${size} ${size === 1 ? 'connection' : 'connections'}`;
};

function beforeAndAfter(
  { before, after, outcome }: Played,
  scenario: Options['scenario'],
  paper: Paper,
): readonly string[] {
  const column = 24;
  const row = (name: string, was = '-', is = '-'): string =>
    `  ${name.padEnd(column)}${was.padEnd(column)}${was === is ? paper.quiet(is) : is}`;
  const note = (text: string): string => hung('  ', paper.quiet(text), paper.width);
  const link = (when: string, text: string): readonly string[] => [
    hung('  ', `SHOW CREATE LINK, ${when}`, paper.width),
    hung('    ', text, paper.width),
  ];
  const labels = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];
  const keys = [...new Set([...before.keys.keys(), ...after.keys.keys()])];
  return [
    ...labels.map((label) => row(label, before.labels[label], after.labels[label])),
    ...keys.map((key) => row(key, before.keys.get(key) ?? 'not there', after.keys.get(key) ?? 'deleted')),
    note(`Labels show their version's key; below them, the keys of user ${userName}.`),
    ...(outcome === 'succeeded'
      ? [
          note('The old key stays Active until it is retired: after 24 h, and only if nothing uses it any more.'),
          note(
            'AWSPENDING may stay on the version of AWSCURRENT: to Secrets Manager that is a rotation that has ended.',
          ),
        ]
      : []),
    ...(scenario === 'fail'
      ? [
          note(
            'AWSPENDING keeps the new key, and no link holds it. When the policy is mended, the retry goes on with it.',
          ),
        ]
      : []),
    ...(before.link === after.link
      ? link('the same before and after: it shows no credentials', before.link)
      : [...link('before', before.link), ...link('after', after.link)]),
  ];
}
