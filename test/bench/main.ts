import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { drawPauses, groupsOf } from './draw';
import { isMissed, spreadOf, tableOf, type Row } from './figures';
import { growthTable, measureGrowth, measureNeighbours, type Grown, type Size } from './growth';
import { lineTo, tripsOver } from './line';
import { measureNotice, measureOutside } from './outside';
import { measureNeed, measurePause, type PauseCase } from './pause';
import { measureStart } from './start';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here

const roundTripMs = 10;
const root = join(__dirname, '..', '..');
const results = join(root, 'dist', 'bench');

/** How much is measured: all, within ten minutes on two cores, or enough to see that nothing has become slow, within one. */
interface Extent {
  readonly pauses: readonly Omit<PauseCase, 'roundTripMs'>[];
  /** Memory where short-lived objects are held to little. */
  readonly needs: Extent['pauses'];
  readonly discovery: number;
  readonly noticed: number;
  readonly starts: number;
  readonly neighbours: number;
  readonly sizes: readonly Size[];
}

const whole: Extent = {
  pauses: [
    { pipelines: 1, connections: 16, rounds: 10, others: 10, barMs: 35 },
    { pipelines: 100, connections: 16, rounds: 6, others: 2, barMs: 100 },
    { pipelines: 2_000, connections: 32, rounds: 3, others: 1, barMs: 800 },
    { pipelines: 10_000, connections: 32, rounds: 1, others: 0 },
  ],
  needs: [{ pipelines: 2_000, connections: 32, rounds: 3, others: 0 }],
  discovery: 10_000,
  noticed: 6,
  starts: 15,
  neighbours: 50,
  sizes: [
    ...[1, 10, 100, 1_000].map((pipelines) => ({ clusters: 1, links: 1, pipelines })),
    ...[30, 300].map((links) => ({ clusters: 1, links, pipelines: 1 })),
    ...[3, 10].map((clusters) => ({ clusters, links: 1, pipelines: 10 })),
    { clusters: 10, links: 30, pipelines: 1 },
  ],
};

const quick: Extent = {
  pauses: [
    { pipelines: 1, connections: 16, rounds: 3, others: 5, barMs: 35 },
    { pipelines: 100, connections: 16, rounds: 2, others: 1, barMs: 100 },
    { pipelines: 2_000, connections: 32, rounds: 1, others: 0, barMs: 800 },
  ],
  needs: [],
  discovery: 500,
  noticed: 2,
  starts: 5,
  neighbours: 0,
  sizes: [],
};

/** What a round trip really is, of a connection that has nothing else to wait for. */
async function measureLine(): Promise<Row> {
  const trips = await tripsOver((server) => lineTo(server, roundTripMs));
  return { who: 'the line', what: 'a round trip, r', unit: 'ms', figure: spreadOf(trips), limit: roundTripMs };
}

async function main(extent: Extent, isWhole: boolean): Promise<boolean> {
  const began = performance.now();
  const [busyBefore = 0] = loadavg();
  const rows: Row[] = [];
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const add = async (title: string, measured: Promise<readonly Row[]>): Promise<void> => {
    const from = performance.now();
    rows.push(...(await measured));
    process.stderr.write(`${title}: ${((performance.now() - from) / 1_000).toFixed(0)} s\n`);
  };
  await add(
    'line',
    measureLine().then((row) => [row]),
  );
  for (const size of extent.pauses) await add(`pauses, P=${size.pipelines}`, measurePause({ ...size, roundTripMs }));
  for (const size of extent.needs) await add(`memory, P=${size.pipelines}`, measureNeed({ ...size, roundTripMs }));
  await add('outside the pause', measureOutside(extent.discovery, 32, roundTripMs));
  await add(
    'a new key',
    measureNotice(extent.noticed).then((row) => [row]),
  );
  await add('start', Promise.resolve(measureStart(extent.starts)));
  if (extent.neighbours > 0) await add('neighbours', measureNeighbours(extent.neighbours, 8, roundTripMs));
  const grown: Grown[] = [];
  for (const size of extent.sizes) grown.push(await measureGrowth(size, 16, roundTripMs));

  const machine = {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? '',
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore: Number(busyBefore.toFixed(2)),
  };
  const seconds = (performance.now() - began) / 1_000;
  say(tableOf(rows));
  if (grown.length > 0) say(`\n${growthTable(grown)}`);
  const missed = rows.filter(isMissed);
  say(`\n${JSON.stringify(machine)}`);
  if (busyBefore > 1.5) say('The machine was busy when this began: its pauses are longer than they would be.');
  say(
    missed.length === 0
      ? `Every bar is kept. ${seconds.toFixed(0)} s.`
      : `${missed.length} missed: ${missed.map(({ what, who }) => `${what} (${who})`).join('; ')}. ${seconds.toFixed(0)} s.`,
  );
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'result.json'), `${JSON.stringify({ machine, seconds, rows, grown }, null, 2)}\n`);
  const drawing = drawPauses(groupsOf(rows));
  writeFileSync(join(results, 'pause.svg'), drawing);
  if (isWhole) writeFileSync(join(root, 'docs', 'pause.svg'), drawing);
  return missed.length === 0;
}

const isQuick = process.argv.includes('--quick');
main(isQuick ? quick : whole, !isQuick).then(
  (good) => {
    process.exitCode = good ? 0 : 1;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'failed'}\n`);
    process.exitCode = 2;
  },
);
