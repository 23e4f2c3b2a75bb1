import { answerBytes, bounded, leftOutText, shortened, thinned, type Cut, type LeftOut } from '../../lambda/core/bound';

interface Answer {
  readonly links: readonly string[];
  readonly pipelines: readonly string[];
  readonly leftOut?: LeftOut;
}
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `name-${at}`.padEnd(98));
const cuts: readonly Cut<Answer>[] = [
  { least: 10, keeping: (answer, keep) => ({ ...answer, pipelines: thinned(answer.pipelines, keep) }) },
  { least: 0, keeping: (answer, keep) => ({ ...answer, links: thinned(answer.links, keep) }) },
];
const counts = ({ links, pipelines }: Answer): LeftOut => ({ links: links.length, pipelines: pipelines.length });
const cut = (answer: Answer, bytes: number): Answer => bounded(answer, cuts, counts, bytes);
const bytesOf = (answer: unknown): number => Buffer.byteLength(JSON.stringify(answer));

test('an answer that is short enough stays as it is', () => {
  const answer = { links: many(3), pipelines: many(20) };
  expect(cut(answer, 5_000)).toBe(answer);
});

test('of one that is too long no more is left out than must be, and the answer says how much', () => {
  const { leftOut, ...shown } = cut({ links: many(3), pipelines: many(1_000) }, 10_000);
  expect(leftOut).toEqual({ pipelines: 1_000 - shown.pipelines.length });
  expect(shown.links).toHaveLength(3);
  expect(bytesOf(shown)).toBeLessThanOrEqual(10_000);
  expect(bytesOf(shown)).toBeGreaterThan(9_800);
});

test('however long a list is, what there is room for is used', () => {
  const { pipelines } = cut({ links: [], pipelines: many(60_000) }, 5_000_000);
  expect(bytesOf({ links: [], pipelines })).toBeGreaterThan(4_999_800);
});

test('each thing is measured once, however often an answer is tried', () => {
  let looks = 0;
  const pipelines = many(10_000).map((name) => ({
    get name() {
      looks += 1;
      return name;
    },
  }));
  const answer: { pipelines: readonly { readonly name: string }[]; leftOut?: LeftOut } = { pipelines };
  const keeping = (one: typeof answer, keep: number) => ({ ...one, pipelines: thinned(one.pipelines, keep) });
  const short = bounded(answer, [{ least: 0, keeping }], (one) => ({ pipelines: one.pipelines.length }), 100_000);
  expect(looks).toBe(10_000);
  expect(bytesOf(short.pipelines)).toBeGreaterThan(99_000);
});

test.each<[string, object]>([
  ['texts', { links: ['"\\\u0007\u2028\ud800é漢😀', ''], pipelines: [] }],
  ['numbers and none', { links: [], pipelines: [], more: [0, -1.5, 1e21, NaN, null, true], none: null }],
  ['what JSON leaves out', { links: [undefined], pipelines: [], gone: undefined, empty: {}, list: [[], {}] }],
])('the measure is that of JSON: %s', (_, answer) => {
  const exact = bytesOf(answer);
  expect(cut(answer as Answer, exact)).toBe(answer);
  expect(cut(answer as Answer, exact - 1)).not.toBe(answer);
});

test('the next thing is cut only when the first is down to its least', () => {
  const { links, pipelines, leftOut } = cut({ links: many(500), pipelines: many(1_000) }, 10_000);
  expect([pipelines.length, leftOut]).toEqual([10, { pipelines: 990, links: 500 - links.length }]);
});

test('what is cut in vain comes back', () => {
  const answer = { links: ['l'.repeat(20_000)], pipelines: many(20) };
  expect(cut(answer, 10_000)).toEqual({ ...answer, links: [], leftOut: { links: 1 } });
});

test('letters are counted as the bytes that they take', () => {
  const { pipelines } = cut({ links: [], pipelines: Array<string>(100).fill('漢字'.repeat(20)) }, 10_000);
  expect(pipelines.length).toBeLessThan(82);
});

test('what must stay is kept, in its place', () => {
  expect(thinned(['a', 'B', 'c', 'd', 'E'], 1, (name) => name === name.toLowerCase())).toEqual(['a', 'B', 'E']);
});

test('a text that is cut says by how much', () => {
  expect([shortened('abc', 3), shortened('abcdef', 3)]).toEqual(['abc', 'abc… (3 characters more)']);
});

test('what is left out is told in words', () => {
  expect(leftOutText({ pipelines: 12, rotations: 3 })).toBe(
    'Not listed, to keep the answer below 5 MB: 12 pipelines, 3 rotations',
  );
});

test('the bound leaves room below what Lambda takes, 6 MB', () => {
  expect(answerBytes).toBeLessThan(6 * 1_024 * 1_024 * 0.85);
});
