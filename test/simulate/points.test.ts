import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Invocation } from '../../lambda/ports';
import { play, type Scenario } from './play';
import { scenarios } from './scenarios';
import type { Stage } from './stage';

/** Parts of the world that are no port: what is asked of them cannot fail, or get lost. */
const silent: Readonly<Record<string, string>> = {
  clock: 'time passes by itself',
  log: 'a line on standard output',
  metrics: 'a line on standard output',
};
/** What asks nobody. */
const pure: Readonly<Record<string, string>> = {
  'cluster.connections': 'says what is known already',
  'cluster.preview': 'makes up text',
};

/** The methods of each port in the world, and of what those give away, by their names as points. */
const ports = declared();

/** Reads them off the declarations. */
function declared(): ReadonlyMap<string, readonly string[]> {
  const path = join(__dirname, '../../lambda/ports.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((declaration) => [declaration.name.text, declaration]),
  );
  const isCall = (member: ts.TypeElement): boolean =>
    ts.isMethodSignature(member) ||
    (ts.isPropertySignature(member) && member.type !== undefined && ts.isFunctionTypeNode(member.type));
  const ports = new Map<string, string[]>();
  const visit = (name: string, as: string): void => {
    const members = interfaces.get(name)?.members ?? [];
    if (ports.has(as) || !members.some(isCall)) return;
    ports.set(
      as,
      members.filter(isCall).map((member) => `${as}.${member.name?.getText() ?? ''}`),
    );
    const within = (node: ts.Node): void => {
      if (ts.isTypeReferenceNode(node)) {
        const given = node.typeName.getText();
        visit(given, given.charAt(0).toLowerCase() + given.slice(1));
      }
      node.forEachChild(within);
    };
    members.forEach(within);
  };
  for (const member of interfaces.get('World')?.members ?? []) {
    const as = member.name?.getText() ?? '';
    if (as in silent || !ts.isPropertySignature(member) || member.type === undefined) continue;
    if (ts.isTypeReferenceNode(member.type)) visit(member.type.typeName.getText(), as);
  }
  return ports;
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
  const parts = Object.entries(run) as [string, object][];
  return Object.fromEntries(
    parts.map(([name, part]) => [name, ports.has(name) ? around(name, part) : part]),
  ) as unknown as Invocation;
}

const tally = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
const small = scenarios.filter(({ large }) => large === undefined);

const seen = new Set(Object.keys(pure));

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
    for (const name of points) seen.add(name);
  },
);

test('every call of every port was a numbered point in some of them: one that is not seen cannot fail', () => {
  expect([...ports.keys()].sort()).toEqual([
    'cluster',
    'clusters',
    'keys',
    'lane',
    'notices',
    'secrets',
    'table',
    'trials',
  ]);
  const methods = [...ports.values()].flat();
  expect(methods.length).toBeGreaterThan(30);
  expect(methods.filter((method) => !seen.has(method))).toEqual([]);
});
