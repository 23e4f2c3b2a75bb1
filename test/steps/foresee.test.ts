import type { Recovery } from '../../lambda/steps/recover';
import { foresee } from '../../lambda/steps/foresee';
import { recover } from '../../lambda/steps/recover';
import { analyticsLink, clusterId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, keyIds, onLink, upTo } from './driving';

const hour = 3_600_000;
const seen = (world: MemoryWorld): Promise<Recovery> => world.run(foresee);
const empty = { resumed: [], settled: [], retired: [], started: [], leftPaused: [], failures: [] };
const key = `${clusterId}/${analyticsLink}`;

test('with nothing to do it says so', async () => {
  expect(await seen(createWorld())).toEqual({ dryRun: true, ...empty });
});

test('a pause that a dead run left is foreseen, and then ended as foreseen', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies-before' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  expect((await seen(world)).resumed).toEqual([]); // its lease has not run out
  await world.pass(35_000);
  expect(await seen(world)).toMatchObject({ resumed: [key], leftPaused: ['`analytics`.`orders`'] });
  expect(world.paused()).toEqual(['`analytics`.`orders`']);
  expect((await world.run(recover)).resumed).toEqual([key]);
  expect(world.paused()).toEqual([]);
});

test('a link on an abandoned version is foreseen to go back', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  await upTo(world, 'setSecret');
  world.secrets.labelByHand(secretId, 'AWSPENDING', null);
  await world.pass(35_000);
  expect((await seen(world)).settled).toEqual([expect.stringContaining('the version has lost its label')]);
  expect((await world.run(recover)).settled).toEqual([`${key}: abandoned`]);
});

test('a version that nobody came to prove is foreseen to be proven', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const version = await upTo(world, 'setSecret');
  await world.pass(21 * 60_000);
  expect((await seen(world)).settled).toEqual([expect.stringContaining(`version ${version} is proven, though late`)]);
});

test('a key that is due is foreseen to end, and one that is not is not', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  await upTo(world, 'finishSecret');
  expect((await seen(world)).retired).toEqual([]);
  await world.pass(25 * hour);
  const [older] = keyIds(world);
  expect((await seen(world)).retired).toEqual([older]);
  expect((await world.run(recover)).retired).toEqual([older]);
});

test('what cannot be looked at is said', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  await upTo(world, 'finishSecret');
  await world.pass(25 * hour);
  world.server().down = true;
  expect(await seen(world)).toMatchObject({ retired: [], failures: [expect.stringContaining('CONNECTION_REFUSED')] });
});
