import type { StatementRecord } from '../standins/singlestore';
import { openLake, watchRotation } from './lake';
import { limitMs } from './figures';

const pipelines = 20;

/** From the first STOP to the last START, as the server has received them. */
function inThePause(statements: readonly StatementRecord[]): readonly StatementRecord[] {
  const kinds = statements.map(({ kind }) => kind);
  return statements.slice(kinds.indexOf('stop-pipeline'), kinds.lastIndexOf('start-pipeline') + 1);
}

test('nothing is sent in the pause but STOP, one look at the states, ALTER and START, in this order, each once', async () => {
  const lake = await openLake({ pipelines, connections: 4, roundTripMs: 1 });
  try {
    const { outcome, statements } = await watchRotation(lake);
    expect(outcome.outcome).toBe('succeeded');
    const sent = inThePause(statements.flat());
    expect(sent.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: pipelines }, () => 'stop-pipeline'),
      'select',
      'alter-link',
      ...Array.from({ length: pipelines }, () => 'start-pipeline'),
    ]);
    expect(sent[pipelines]?.sql).toMatch(
      /^SELECT DATABASE_NAME, PIPELINE_NAME, STATE, .* FROM information_schema\.PIPELINES$/,
    );
    const named = (kind: string): readonly string[] =>
      sent.filter((one) => one.kind === kind).map(({ sql }) => sql.replace(/^.* `/, '`'));
    expect(new Set(named('stop-pipeline')).size).toBe(pipelines);
    expect(new Set(named('start-pipeline'))).toEqual(new Set(named('stop-pipeline')));
    // in the order stopped, but for those that are on their way side by side
    const at = new Map(named('stop-pipeline').map((name, index) => [name, index]));
    for (const [index, name] of named('start-pipeline').entries())
      expect(Math.abs((at.get(name) ?? Infinity) - index)).toBeLessThan(2 * 4); // a lane that a busy machine holds up is overtaken
  } finally {
    await lake.stop();
  }
});

test('a pause has K + 1 connections in each step that looks at pipelines, and two where they are proven', async () => {
  const lake = await openLake({ pipelines: 3, connections: 4, roundTripMs: 1 });
  try {
    const { statements } = await watchRotation(lake);
    expect(new Set(statements.flat().map(({ connectionId }) => connectionId)).size).toBe(2 * (4 + 1) + 2);
  } finally {
    await lake.stop();
  }
});

test('the limit of a pause counts a turn of the connections for each K pipelines, and one for the change', () => {
  const one = { drainMs: 0, roundTripMs: 10, pipelines: 1, connections: 16, alterMs: 0, startMs: 0 };
  expect(limitMs(one)).toBe(20);
  expect(limitMs({ ...one, pipelines: 2_000, connections: 32, drainMs: 5, alterMs: 1, startMs: 2 })).toBe(648);
});
