import { createWorld } from '../support/world';
import { call, clusterOf, onLink, story, upTo } from './driving';

test('the pipeline whose batches take longest is stopped first, and so started first', async () => {
  const world = createWorld(
    clusterOf(onLink('quick', { drainMs: 10 }), onLink('slow', { drainMs: 2_000 }), onLink('middle', { drainMs: 500 })),
  );
  await call(world, 'setSecret', await upTo(world, 'createSecret'));
  expect(story(world)).toEqual([
    ...['quick:Stopped', 'middle:Stopped', 'slow:Stopped'],
    ...['slow:Running', 'middle:Running', 'quick:Running'],
  ]);
});
