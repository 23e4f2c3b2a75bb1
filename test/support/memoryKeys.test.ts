import { Credentials } from '../../lambda/core/credentials';
import type { AwsCredentials, Invocation } from '../../lambda/ports';
import { userName } from './scenario';
import { createWorld } from './world';

const probe = { bucket: 'bucket', prefix: 'orders/' };
async function made({ keys }: Invocation): Promise<AwsCredentials> {
  const answer = await keys.create(userName);
  if (answer.is !== 'made') throw new Error(answer.is);
  return answer;
}

test('a third key is refused, inactive ones counted, and none is made', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const { keyId } = await made(invocation);
    await invocation.keys.deactivate(userName, keyId);
    expect(await invocation.keys.create(userName)).toEqual({ is: 'refused', code: 'LimitExceeded' });
    await invocation.keys.remove(userName, keyId);
    await invocation.keys.remove(userName, keyId);
    await made(invocation);
    expect(await invocation.keys.create('nobody')).toEqual({ is: 'refused', code: 'NoSuchEntity' });
  });
  expect(world.keys.of(userName)).toHaveLength(2);
});

test('a key made now is unaccepted until it has propagated, and its date is in whole seconds', async () => {
  const world = createWorld();
  world.keys.propagationMs = 8_000;
  await world.run(async (invocation) => {
    const { clock, keys, trials } = invocation;
    await clock.sleep(1_234);
    const key = await made(invocation);
    expect((await keys.list(userName)).at(-1)!.createdAt % 1000).toBe(0);
    await clock.sleep(7_900);
    expect(await trials.identity(key)).toEqual({ is: 'unaccepted' });
    await clock.sleep(100);
    expect(await trials.identity(key)).toEqual({ is: 'accepted' });
    expect(await trials.list(key, probe)).toEqual({ is: 'accepted' });
  });
});

test('an inactive, deleted or half-known key is unaccepted; a known one may be denied by a bucket, never by STS', async () => {
  const world = createWorld();
  world.keys.propagationMs = 0;
  await world.run(async (invocation) => {
    const { keys, trials } = invocation;
    const key = await made(invocation);
    const wrong = { ...key, secret: new Credentials('wrong') };
    expect(await trials.identity(wrong)).toEqual({ is: 'unaccepted' });
    world.keys.deny((keyId) => keyId === key.keyId);
    expect(await trials.list(key, probe)).toEqual({ is: 'denied' });
    expect(await trials.identity(key)).toEqual({ is: 'accepted' });
    await keys.deactivate(userName, key.keyId);
    expect(await trials.identity(key)).toEqual({ is: 'unaccepted' });
  });
});

test('the last use of a key is that of the pipelines that load with it', async () => {
  const world = createWorld();
  const [key] = world.keys.all;
  const use = (): Promise<number | undefined> => world.run(async ({ keys }) => (await keys.lastUsed(key!.keyId))?.at);
  expect(await use()).toBeUndefined();
  await world.pass(3_600_000);
  expect(world.clock.now() - (await use())!).toBeLessThan(1_000);
  key!.lastUsed = null;
  for (const pipeline of world.pipelines()) world.server().set(pipeline, 'Stopped', 'somebody');
  expect(await use()).toBeUndefined();
});
