import { parseArgs } from 'node:util';
import { moments } from './gate';
import { realKills, type RealOptions, type ScenarioFigures } from './kills';
import { passes } from './play';

export { realKills, type RealOptions, type ScenarioFigures };

const columns = ['scenario', 'points', 'runs', 'kills', 'missed', 'leftOut', 'seconds', 'msPerRun'] as const;

/** The figures as a table in Markdown. */
export function tableOf(figures: readonly ScenarioFigures[]): string {
  const rows = figures.map((one) => [
    ...columns.map((column) => {
      const value = one[column];
      return typeof value === 'number' ? String(Math.round(value)) : value;
    }),
    String(one.violations.length),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = [...columns, 'violations'];
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One of these words, or nothing. */
function oneOf<T extends string>(words: readonly T[], given: string | undefined): T | undefined {
  const found = words.find((word) => word === given);
  if (given !== undefined && found === undefined) throw new Error(`${given} is none of ${words.join(', ')}`);
  return found;
}

function optionsOf(args: readonly string[]): RealOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { scenario: text, pass: text, moment: text, point: text, lanes: text, bundle: text, every: text },
  });
  const { scenario, point, lanes, bundle, every } = values;
  const pass = oneOf(passes, values.pass);
  const moment = oneOf(moments, values.moment);
  return {
    ...(scenario === undefined ? {} : { only: [scenario] }),
    ...(point && pass && moment ? { run: { pass, point, moment } } : {}),
    ...(lanes === undefined ? {} : { lanes: Number(lanes) }),
    ...(every === undefined ? {} : { every: Number(every) }),
    ...(bundle === undefined ? {} : { bundle }),
    log: console.log,
  };
}

async function main(): Promise<void> {
  const began = performance.now();
  const figures = await realKills(optionsOf(process.argv.slice(2)));
  console.log(`${tableOf(figures)}\nin ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  if (figures.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
}

if (require.main === module) void main();
