import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Invocation } from '../../lambda/ports';
import { play, type Scenario } from './play';
import { scenarios } from './scenarios';
import type { Stage } from './stage';

/** The ports through which the outside is reached, and what a call of each is named. */
const ports: Readonly<Record<string, string>> = {
  Secrets: 'secrets',
  Table: 'table',
  Clusters: 'clusters',
  Cluster: 'cluster',
  Lane: 'lane',
  AccessKeys: 'keys',
  Trials: 'trials',
};
/** What asks nobody. */
const pure: Readonly<Record<string, string>> = {
  'cluster.connections': 'says what is known already',
  'cluster.preview': 'makes up text',
};

/** The methods of each port, by their names as points, as they are declared. */
function declared(): readonly string[] {
  const path = join(__dirname, '../../lambda/ports.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement))
    .flatMap(({ name, members }) => {
      const port = ports[name.text];
      if (port === undefined) return [];
      return members.filter(ts.isMethodSignature).map((method) => `${port}.${method.name.getText()}`);
    });
}

/** Calls of the ports, counted beside the numbering: whatever is asked of an invocation's ports, and of what those return. */
function counting(run: Invocation, counted: string[]): Invocation {
  const around = <T extends object>(port: string, real: T): T =>
    new Proxy(real, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (Array.isArray(member)) return member.map((lane: object) => around('lane', lane));
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): unknown => {
          const name = `${port}.${String(key)}`;
          // a lane whose answer was lost answers by itself
          if (!(name in pure) && !('alive' in target && target.alive === false)) counted.push(name);
          const answer: unknown = Reflect.apply(member, target, given);
          return name === 'clusters.open'
            ? Promise.resolve(answer as object).then((one) => around('cluster', one))
            : answer;
        };
      },
    });
  const { secrets, table, clusters, keys, trials } = run;
  return {
    ...run,
    secrets: around('secrets', secrets),
    table: around('table', table),
    clusters: around('clusters', clusters),
    keys: around('keys', keys),
    trials: around('trials', trials),
  };
}

const tally = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
const small = scenarios.filter(({ large }) => large === undefined);

test('every call of every port is a numbered point in some scenario: one that is not seen cannot fail', async () => {
  const seen = new Set(Object.keys(pure));
  for (const scenario of small) for (const name of (await play(scenario, new Map())).points) seen.add(name);
  const methods = declared();
  expect(methods.length).toBeGreaterThan(30);
  expect(methods.filter((method) => !seen.has(method))).toEqual([]);
});

test.each(small.map((scenario) => [scenario.name, scenario] as const))(
  '%s: the numbering misses no call and counts none twice',
  async (_, scenario: Scenario) => {
    const counted: string[] = [];
    const arrange = ({ world }: Stage): void => {
      const begin = world.begin.bind(world);
      world.begin = (work, options) => begin((run) => work(counting(run, counted)), options);
    };
    const { points } = await play(scenario, new Map(), { arrange });
    expect(tally(counted)).toEqual(tally(points));
  },
);
