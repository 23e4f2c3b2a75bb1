import { openWorld } from '../../lambda/edge/world';
import { aws, closeOutside } from './outside';

afterEach(closeOutside);

const rotations = JSON.stringify([
  {
    secretId: 'lake',
    source: { type: 'iam-user', userName: 'ingest' },
    targets: [{ connectionSecretId: 'db', links: ['analytics.lake'] }],
  },
]);

test('the world opens without a call of anything', async () => {
  const { requests } = await aws();
  const world = await openWorld({ ...process.env, ROTATIONS: rotations, JOURNAL_TABLE: 'journal' });
  expect(world.definitions.map(({ secretId }) => secretId)).toEqual(['lake']);
  expect(world.newId()).not.toBe(world.newId());
  expect(Math.abs(world.clock.now() - Date.now())).toBeLessThan(60_000);
  await world.clock.sleep(0);
  expect(requests).toEqual([]);
});

test('the definitions may stand in a secret', async () => {
  const { secrets, requests } = await aws();
  const { arn } = secrets.createSecret({ Name: 'rotations', SecretString: rotations });
  const world = await openWorld({ ...process.env, ROTATIONS: arn, JOURNAL_TABLE: 'journal' });
  expect(world.definitions.map(({ secretId }) => secretId)).toEqual(['lake']);
  expect(requests.map(({ action }) => action)).toEqual(['GetSecretValue']);
});

test('a bad configuration fails at once, with the path and without the value', async () => {
  const { secrets } = await aws();
  const { arn } = secrets.createSecret({ Name: 'rotations', SecretString: '[{"secretId": {"key": "CANARY"}}]' });
  const error = await openWorld({ ...process.env, ROTATIONS: arn }).catch(String);
  expect(error).toContain('CONFIG_INVALID');
  expect(error).toContain('[0].secretId: must be string');
  expect(error).toContain('JOURNAL_TABLE');
  expect(error).not.toContain('CANARY');
});
