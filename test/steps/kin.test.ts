import type { RotationDefinition } from '../../lambda/core/definition';
import { rotationSteps } from '../../lambda/core/event';
import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import { connectionSecretFor } from '../support/outside';
import { analyticsLink, clusterId, defaultCluster, definition, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { failure, keyIds, upTo } from './driving';

/* Secrets whose keys come from one maker, and those whose do not. */

const arn = (name: string): string => `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-AbCdEf`;
const [other, mirroring, team] = ['10.0.0.2:3306', arn('prod/mirror'), arn('team/kafka')];
const day = 24 * 3_600_000;

/** A second secret with a link of its own on a cluster of its own, which no rotation has touched. */
function beside(source: RotationDefinition['source'], value: (world: MemoryWorld) => string): MemoryWorld {
  const world = createWorld({
    clusters: { [clusterId]: defaultCluster, [other]: { links: [{ name: analyticsLink }], pipelines: [] } },
  });
  world.secrets.add(mirroring, world.newId(), value(world));
  const links = [{ database: 'analytics', link: 'analytics_link' }];
  world.definitions.push({
    ...definition,
    secretId: mirroring,
    source,
    targets: [{ connectionSecretId: connectionSecretFor(other), links }],
  });
  return world;
}
const firstValue = (world: MemoryWorld): string => world.secrets.value(secretId, world.firstVersion ?? '') ?? '';

/** A whole rotation of one of several secrets. */
async function rotationOf(world: MemoryWorld, id: string): Promise<void> {
  const version = world.newId();
  world.secrets.stage(id, version, null);
  for (const step of rotationSteps)
    await world.run((run) => rotate({ type: 'rotation', step, secretId: id, version }, run));
}

async function days(world: MemoryWorld, count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) {
    await world.pass(day);
    await world.run(recover);
  }
}

test.each<[string, RotationDefinition['source']]>([
  ['mirrors this one', { type: 'mirror', secretId, overlap: true }],
  ['has the same IAM user', { type: 'iam-user', userName: 'singlestore-ingest' }],
])('a key that AWSCURRENT of a secret names which %s is neither ended nor deleted', async (_, source) => {
  const world = beside(source, firstValue);
  const [old = ''] = keyIds(world);
  world.secrets.secret(mirroring).rotationEnabled = false; // a person has switched it off
  await upTo(world, 'finishSecret');
  await days(world, 2);
  expect(world.keys.key(old).active).toBe(true);
  expect(world.logs.find(({ action }) => action === 'old-key-labelled')?.fields['labels']).toEqual([
    `AWSCURRENT of ${mirroring}`,
  ]);
  expect((await failure(upTo(world, 'createSecret'))).code).toBe('KEY_QUOTA');
  // somebody deactivates it all the same: it is not deleted for that
  world.keys.endByHand(old, 'deactivate');
  expect((await failure(upTo(world, 'createSecret', world.label('AWSPENDING') ?? ''))).code).toBe('KEY_QUOTA');
  expect(world.keys.key(old).deleted).toBe(false);
});

test('a secret of the same maker that cannot be read keeps every key alive', async () => {
  const world = beside({ type: 'mirror', secretId, overlap: true }, firstValue);
  const [old = ''] = keyIds(world);
  world.secrets.secret(mirroring).deleted = true;
  await upTo(world, 'finishSecret');
  await days(world, 2);
  expect(world.keys.key(old).active).toBe(true);
});

test('a link whose credentials come from elsewhere keeps no key alive, whatever is unknown of it', async () => {
  const world = beside({ type: 'mirror', secretId: team, overlap: false }, () => '{"sasl.password":"old"}');
  world.secrets.add(team, world.newId(), '{"sasl.password":"new"}');
  const [old = ''] = keyIds(world);
  world.faults = (_, name) => (name === 'cluster.newestError' ? 'refused' : undefined);
  await failure(rotationOf(world, mirroring));
  expect(world.table.rows().filter(({ kind, json }) => kind === 'link' && json.includes('"holds":[]'))).toHaveLength(1);
  world.faults = new Map();
  world.server(other).down = true;
  await upTo(world, 'finishSecret');
  await days(world, 2);
  expect(world.keys.key(old).active).toBe(false);
  await upTo(world, 'finishSecret');
  expect(keyIds(world)).not.toContain(old);
});

test('a user whose last key was made for a secret that is gone still gets another one', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  const made = keyIds(world)[1] ?? '';
  world.keys.endByHand(keyIds(world)[0] ?? '', 'delete');
  const fresh = arn('prod/anew');
  world.secrets.add(fresh, world.newId(), '{}');
  world.definitions.splice(0, 1, { ...definition, secretId: fresh });
  world.secrets.remove(secretId);
  await rotationOf(world, fresh);
  expect(keyIds(world)).toEqual([made, expect.any(String)]);
});
