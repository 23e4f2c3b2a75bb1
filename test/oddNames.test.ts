import { steps } from './standins/aws/rotation';
import { qualified, quote, type Name, type PipelinePlan, type Site } from './standins/demo/site';
import { withPipeline, type ReadSource } from './standins/singlestore';
import { openSockets, type Sockets } from './support/sockets';

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

const odd = 'o.d`d \'d"b\\ LINK `x`.`y`';
const home = 'New\nLine 🚀';
const twinHome = home.toLowerCase();
const longest = 'n'.repeat(64);

const link = (database: string, name: string): Name => ({ database, name });
/** Named by the definition. */
const ours = {
  keyword: link(odd, 'LINK'),
  quoted: link(odd, 'lo.ad`data \'from\' "x"\\n\n'),
  twin: link(odd, 'Twin'),
  longest: link(odd, longest),
  plain: link(home, 'lake'),
  /** Read without care for its quotes, it is `b` in a database `a`. */
  split: link(home, 'a`.`b'),
};
/** Nearly the same, and not named. */
const theirs = {
  keyword: link(home, 'LINK'),
  letters: link(odd, 'lINK'),
  space: link(odd, 'LINK 2'),
  unescaped: link(odd, 'lo.ad`data \'from\' "x"\n\n'),
  twin: link(odd, 'twin'),
  longest: link(odd, `${longest.slice(1)}m`),
  plain: link(twinHome, 'lake'),
  other: link(home, 'other'),
  split: link(home, 'a'),
};

interface Plan extends PipelinePlan {
  /** The source as another server might print it, from its link and from the path behind it. */
  readonly printed?: (link: string, path: string) => string;
}
const on = (through: Name, database: string, name: string, more: Partial<Plan> = {}): Plan => ({
  link: through,
  database,
  name,
  state: 'Running',
  ...more,
});

const pipelines: readonly Plan[] = [
  // through a link that is rotated, in its own database and from others
  on(ours.keyword, odd, 'shop.orders'),
  on(ours.keyword, odd, 'START PIPELINE `x`'),
  on(ours.keyword, odd, 'FROM', { prefix: `odd/LINK other 'x' AS LOAD DATA LINK \`twin\`/` }),
  on(ours.keyword, odd, "LOAD DATA LINK other 'x'", { state: 'Stopped' }),
  on(ours.keyword, home, "AS LOAD DATA LINK lINK 'x' INTO", {
    printed: (name, path) => `link ${name}${path}`,
  }),
  on(ours.quoted, odd, 'it\'s \\ "x" -- no comment'),
  on(ours.quoted, 'other', '`'),
  on(ours.twin, odd, 'Orders'),
  on(ours.twin, odd, 'events', { state: 'Stopped' }),
  on(ours.twin, odd, 'Events'),
  on(ours.longest, odd, longest),
  on(ours.longest, 'other', '🚀 größe\t', { prefix: 'odd/`LINK` -- LINK other #/' }),
  on(ours.plain, home, 'qualified at home', {
    printed: (name, path) => `LINK ${quote(home)}.${name}${path}`,
  }),
  on(ours.plain, home, '/* commented */', {
    printed: (name, path) => `/* LINK other */ -- LINK other\n\t# LINK \`\n LINK/**/${name}/**/${path}`,
  }),
  on(ours.plain, twinHome, 'new\nline'),
  on(ours.split, home, 'x`.`y'),
  // through one that is not
  on(theirs.keyword, home, 'shop.orders'),
  on(theirs.keyword, home, 'LINK', { prefix: `odd/LINK LINK 'x'/` }),
  on(theirs.letters, odd, 'shop.order'),
  on(theirs.space, odd, 'shop'),
  on(theirs.unescaped, odd, 'it\'s \\ "x" --no comment'),
  on(theirs.twin, odd, 'orders', { printed: (name, path) => `LINK ${name} /* LINK Twin */${path}` }),
  on(theirs.twin, odd, 'Archive', { state: 'Stopped' }),
  on(theirs.longest, odd, `${longest.slice(1)}m`),
  on(theirs.plain, home, 'New\nline', { prefix: 'odd/LOAD DATA LINK lake/' }),
  on(theirs.other, home, 'from LINK lake'),
  on(theirs.split, home, 'x'),
];

const site: Site = { links: [...Object.values(ours), ...Object.values(theirs)], pipelines, batchIntervalMs: 100 };
const isOurs = ({ link: through }: Plan): boolean => Object.values(ours).includes(through);
const paused = pipelines.filter((pipeline) => isOurs(pipeline) && pipeline.state === 'Running');

/** Each batch finds one new object: what is read does not matter among names. */
const read: ReadSource = () => Promise.resolve({ objects: [{ name: 'next', size: 30, rows: 3 }] });

/** Has SHOW CREATE PIPELINE say the same in other words. */
function reprint({ server }: Sockets): void {
  for (const { database, name, printed } of pipelines) {
    if (printed === undefined) continue;
    server.update((cluster) => {
      const pipeline = server.pipeline(database, name)!;
      const [, through, path] = /^LINK ((?:\w+|`(?:[^`]|``)*`|\.)+)( '.*)$/s.exec(pipeline.definition.source)!;
      return withPipeline(cluster, {
        ...pipeline,
        definition: { ...pipeline.definition, source: printed(through!, path!) },
      });
    });
  }
}

describe('a rotation among names of every kind', () => {
  let sockets: Sockets;
  let before: Readonly<Record<string, string>>;
  let settled: number;
  beforeAll(async () => {
    sockets = await openSockets({ sites: [site], links: [Object.values(ours).map(qualified)], singlestore: { read } });
    reprint(sockets);
    before = sockets.states();
    settled = sockets.server.transitions.length;
    expect((await sockets.rotate()).attempts).toEqual(steps.map((step) => ({ step, ok: true })));
  });
  afterAll(async () => {
    const leaks = await sockets.leaks();
    await sockets.stop();
    expect(leaks).toEqual([]);
  });

  test('pauses exactly the pipelines of the links that are rotated, once each, and no other ever changes its state', () => {
    const moves = sockets.server.transitions
      .slice(settled)
      .map(({ database, pipeline, from, to }) => `${qualified({ database, name: pipeline })} ${from} ${to}`);
    const expected = paused.flatMap((pipeline) => [
      `${qualified(pipeline)} Running Stopped`,
      `${qualified(pipeline)} Stopped Running`,
    ]);
    expect(moves.sort()).toEqual(expected.sort());
    expect(sockets.states()).toEqual(before);
  });

  test('sends STOP and START to those alone', () => {
    const sent = sockets.server.statements.filter(({ kind }) => kind === 'stop-pipeline' || kind === 'start-pipeline');
    const expected = paused.flatMap((pipeline) => [
      `STOP PIPELINE IF RUNNING ${qualified(pipeline)}`,
      `START PIPELINE IF NOT RUNNING ${qualified(pipeline)}`,
    ]);
    expect(sent.map(({ sql }) => sql).sort()).toEqual(expected.sort());
  });

  test('changes the links that are named and leaves their neighbours', () => {
    const fresh = sockets.labelled('AWSCURRENT');
    const { accessKeyId: old } = sockets.account.key;
    expect(fresh).not.toBe(old);
    const held = (links: object) =>
      Object.values(links as Record<string, Name>).map(
        ({ database, name }) => sockets.server.link(database, name)?.credentials['aws_access_key_id'],
      );
    expect(held(ours)).toEqual(Object.values(ours).map(() => fresh));
    expect(held(theirs)).toEqual(Object.values(theirs).map(() => old));
  });

  test('leaves every pipeline that was paused loading', () => {
    for (const { database, name } of paused) {
      const resumed = sockets.server.transitions.findLast((one) => one.database === database && one.pipeline === name);
      const batches = sockets.server.pipeline(database, name)?.batches ?? [];
      expect(batches.some(({ state, startedAt }) => state === 'Succeeded' && startedAt >= resumed!.at)).toBe(true);
    }
  });
});
