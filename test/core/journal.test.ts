import {
  chunkKey,
  lingerMs,
  linkKey,
  longestLifeMs,
  mayAct,
  mayHold,
  membersPerChunk,
  newSecretRecord,
  newUserRecord,
  settledOn,
  through,
  type Bracket,
  type LinkRecord,
  type Member,
  type SetChunk,
} from '../../lambda/core/journal';
import { claimed } from '../../lambda/core/lease';
import { qualified } from '../../lambda/core/names';

const lake = qualified('analytics', 'lake');
const record = (is: Partial<LinkRecord>): LinkRecord => ({
  fence: 1,
  lease: null,
  cluster: 'svc:3306',
  link: lake,
  secretId: 'prod/s3',
  connectionSecretId: 'prod/singlestore',
  connections: [],
  holds: [{ version: 'v2' }],
  bracket: null,
  ...is,
});
const bracket = (phase: Bracket['phase']): Bracket => ({
  id: 'b1',
  phase,
  direction: 'forward',
  to: 'v2',
  chunks: 1,
  errorsAfter: 0,
  config: {},
  openedAt: 0,
});

test.each<[string, LinkRecord | null, boolean]>([
  ['it holds it, and nothing is open', record({}), true],
  ['its pause is over', record({ bracket: bracket('resumed') }), true],
  ['its last pause was for another move', record({ bracket: { ...bracket('resumed'), to: 'v3' } }), false],
  ['its pause is open', record({ bracket: bracket('open') }), false],
  ['it may hold another', record({ holds: [{ version: 'v1' }, { version: 'v2' }] }), false],
  ['it may hold another, too', record({ holds: [{ version: 'v2' }, { version: null }] }), false],
  ['it holds another', record({ holds: [{ version: 'v1' }] }), false],
  ['it holds what we did not write', record({ holds: [{ version: null }] }), false],
  ['nobody knows', record({ holds: [] }), false],
  ['there is no record', null, false],
])('whether a link is settled on a version: %s', (_, of, settled) => {
  expect(settledOn(of, 'v2')).toBe(settled);
});

test('around an ALTER a link may hold either version, and no third', () => {
  const either = record({ holds: [{ version: 'v1' }, { version: 'v2' }] });
  expect(['v1', 'v2', 'v3'].map((version) => mayHold(either, version))).toEqual([true, true, false]);
  expect(mayHold(record({ holds: [{ version: null }] }), 'v1')).toBe(false);
});

test('a lingering STOP is watched for longer than the function that sent it can live: 15 minutes', () => {
  expect(lingerMs).toBeGreaterThan(15 * 60_000);
});

test('no two links, sets or chunks share a key', () => {
  const keys = [
    linkKey('svc:3306', lake),
    linkKey('svc:3307', lake),
    linkKey('svc:3306', qualified('analytics`.`lake', '')),
    chunkKey('svc:3306', lake, 'b1', 0),
    chunkKey('svc:3306', lake, 'b1', 1),
    chunkKey('svc:3306', lake, 'b2', 0),
    linkKey('svc:3306', qualified('analytics', 'lake`/b1/0000')),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('chunks of a set sort by their number', () => {
  const keys = [0, 1, 2, 10, 20, 100].map((chunk) => chunkKey('svc:3306', lake, 'b1', chunk));
  expect(keys.toSorted()).toEqual(keys);
});

test('a chunk of the longest names fits an item', () => {
  const pipeline = qualified('😀'.repeat(64), '😀'.repeat(64));
  const identity = { id: '9'.repeat(40), createdAt: '9'.repeat(40) };
  const member: Member = { pipeline, batchesAfter: 2 ** 53, identity, driven: true };
  const chunk: SetChunk = { members: Array.from({ length: membersPerChunk }, () => member) };
  expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(400_000);
});

test('new records know nothing and hold nobody back', () => {
  expect(newSecretRecord).toEqual({ version: null, failedProofs: 0, retirements: [], unproven: [] });
  expect(claimed(newUserRecord, 'a', 0)).toMatchObject({ fence: 1, intent: null });
});

describe('connections that could not be ended', () => {
  const both = record({ connections: [3, 4] });
  const hour = 3_600_000;

  test('are to be ended by who comes next, for as long as a process can live that acts through them', () => {
    const left = through(both, [4], hour);
    expect(left).toEqual({ ...both, connections: [4], leftAt: hour });
    expect(mayAct(left, hour + longestLifeMs)).toEqual([4]);
    expect(mayAct(left, hour + longestLifeMs + 1)).toEqual([]);
  });

  test('are forgotten with their hour when others take their place, or none', () => {
    expect(through(through(both, [4], hour), [5])).toEqual({ ...both, connections: [5] });
    expect(through(both, [], hour)).toEqual({ ...both, connections: [] });
  });

  test('those that a holder acts through have no hour: they may act whenever', () => {
    expect(mayAct(both, Number.MAX_SAFE_INTEGER)).toEqual([3, 4]);
  });
});
