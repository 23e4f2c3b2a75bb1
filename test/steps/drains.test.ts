import { createWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

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

describe('a batch under way that takes longer than the drain budget, as a rule', () => {
  test('postpones the change before anything is paused, and says how long it takes', async () => {
    const world = createWorld(clusterOf(onLink('quick'), onLink('slow', { drainMs: 75_000 })));
    const version = await upTo(world, 'createSecret');
    const { code, message } = await failure(call(world, 'setSecret', version));
    expect([code, message]).toEqual(['DRAIN_EXCEEDED', expect.stringContaining('`analytics`.`slow` (75 s)')]);
    expect(message).toContain('limits.drainSeconds');
    expect([world.transitions, world.points.filter((name) => name.startsWith('lane.'))]).toEqual([[], []]);
    world.pipeline('analytics', 'slow').drainMs = 50;
    for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await call(world, step, version);
    expect(world.label('AWSCURRENT')).toBe(version);
  });

  test('holds up neither another link nor a pipeline at rest', async () => {
    const slow = { drainMs: 75_000, idle: true } as const;
    const world = createWorld(
      clusterOf(onLink('quick'), onLink('resting', { drainMs: 75_000, state: 'Stopped' }), onLink('between', slow)),
    );
    await upTo(world, 'setSecret').catch(() => undefined);
    expect(story(world)).toContain('quick:Stopped');
  });

  test('keeps nobody from going back to what worked', async () => {
    const world = createWorld(clusterOf(onLink('orders')));
    const before = world.linkKeyId('analytics', 'analytics_link');
    const version = await upTo(world, 'setSecret');
    world.pipeline('analytics', 'orders').usualMs = 75_000;
    world.keys.deny((keyId) => keyId !== before);
    expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
    expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
  });
});
