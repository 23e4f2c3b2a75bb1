import { retireNow, type RetireReport } from '../../lambda/steps/retireNow';
import { analyticsLink, secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, keyIds, onLink, upTo } from './driving';

const ask = async (world: MemoryWorld, dryRun = false): Promise<RetireReport> => {
  const report = await world.run((run) => retireNow(run, secretId, dryRun));
  expect(world.leaks(report)).toEqual([]);
  return report;
};
const isActive = (world: MemoryWorld, keyId = ''): boolean => world.keys.key(keyId).active;
const rotated = async (): Promise<MemoryWorld> => {
  const world = createWorld(clusterOf(onLink('orders')));
  await upTo(world, 'finishSecret');
  return world;
};

test('the older key ends at once, long before it is due, and everything runs', async () => {
  const world = await rotated();
  const [older, newer] = keyIds(world);
  expect(await ask(world)).toMatchObject({ retired: [older], said: [expect.stringContaining('was set Inactive')] });
  expect([isActive(world, older), isActive(world, newer)]).toEqual([false, true]);
  await world.pass(60_000);
  expect(world.paused()).toEqual([]);
});

test('a dry run says the same and leaves the key', async () => {
  const world = await rotated();
  const [older] = keyIds(world);
  expect(await ask(world, true)).toMatchObject({
    ...{ dryRun: true, retired: [older] },
    said: [expect.stringContaining('would be set Inactive')],
  });
  expect(isActive(world, older)).toBe(true);
});

test('of a secret that is scheduled for deletion no key is ended; how to restore it is said', async () => {
  for (const world of [await rotated(), createWorld()]) {
    world.secrets.secret(secretId).deleted = true;
    const { retired, said } = await ask(world);
    expect([retired, said]).toEqual([[], [expect.stringContaining('aws secretsmanager restore-secret')]]);
    expect(keyIds(world).every((key) => isActive(world, key))).toBe(true);
  }
});

test('asked again, it says what was done, and which key may have leaked otherwise', async () => {
  const world = await rotated();
  await ask(world);
  const { retired, said } = await ask(world);
  expect(retired).toEqual([]);
  expect(said[0]).toMatch(/was set Inactive at .* already/);
  expect(said[1]).toContain(`AWSCURRENT (${keyIds(world)[1]}), rotate first: aws secretsmanager rotate-secret`);
});

describe('the evidence is the same as for a key that is due', () => {
  test('a key that is used yet is kept; how to end it all the same is said', async () => {
    const world = await rotated();
    const [older = ''] = keyIds(world);
    await world.pass(60_000);
    const key = world.keys.key(older);
    world.keys.judge(older, key.secret, undefined, world.clock.now());
    const { retired, said } = await ask(world);
    expect([retired, isActive(world, older)]).toEqual([[], true]);
    expect(said[0]).toMatch(/was used at 2026-.* for sts in us-east-1/);
    expect(said[0]).toContain(`update-access-key --user-name ${userName} --access-key-id ${older} --status Inactive`);
  });

  test('a key that a link may hold is kept', async () => {
    const world = await rotated();
    const [older = ''] = keyIds(world);
    const { links } = world.server();
    links.set('`analytics`.`new`' as typeof analyticsLink, {
      ...links.get(analyticsLink)!,
      name: '`analytics`.`new`' as typeof analyticsLink,
    });
    world.definitions[0] = {
      ...world.definitions[0]!,
      targets: [{ ...world.definitions[0]!.targets[0]!, links: [{ database: 'analytics', all: true }] }],
    };
    const { retired, said } = await ask(world);
    expect([retired, isActive(world, older)]).toEqual([[], true]);
    expect(said[0]).toContain('links may still hold it');
  });

  test('a key on which a label stands again is kept', async () => {
    const world = await rotated();
    const [older = ''] = keyIds(world);
    world.secrets.labelByHand(secretId, 'AWSCURRENT', world.firstVersion);
    const { retired, said } = await ask(world);
    expect([retired, isActive(world, older)]).toEqual([[], true]);
    expect(said[0]).toContain(
      `AWSCURRENT of ${secretId} stands on it again. Rotate it first: aws secretsmanager rotate-secret --secret-id ${secretId}. Then ask again.`,
    );
  });

  describe('a key that another secret of the same maker names is kept, and the report says whose label it is', () => {
    const other = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/other-AbCdEf';
    async function besides(change: (world: MemoryWorld) => void): Promise<string> {
      const world = await rotated();
      const [older] = keyIds(world);
      world.secrets.add(other, world.newId(), world.secrets.value(secretId, world.firstVersion ?? '') ?? '');
      world.definitions.push({ ...world.definitions[0]!, secretId: other });
      change(world);
      const { retired, said } = await ask(world);
      expect([retired, isActive(world, older)]).toEqual([[], true]);
      return said[0] ?? '';
    }

    test('its AWSCURRENT: that one is to rotate', async () => {
      expect(await besides(() => undefined)).toContain(
        `AWSCURRENT of ${other} names it, too. Rotate that one first: aws secretsmanager rotate-secret --secret-id ${other}. Then ask again.`,
      );
    });

    test('a label of somebody: status shows it', async () => {
      const said = await besides(({ secrets }) => {
        const [version = ''] = secrets.secret(other).versions.keys();
        secrets.labelByHand(other, 'AWSCURRENT', null);
        secrets.labelByHand(other, 'kept', version);
      });
      expect(said).toMatch(
        /kept of \S+prod\/other-AbCdEf names it, too.* npx singlestore-link-rotation status \S+prod\/other/,
      );
      expect(said).not.toContain('rotate-secret');
    });

    test('one that cannot be read: status says why', async () => {
      expect(await besides(({ secrets }) => (secrets.secret(other).deleted = true))).toContain(
        `perhaps a label of ${other} names it`,
      );
    });
  });

  test('a key is kept while the source refuses the new one to a pipeline that had nothing to load before', async () => {
    const world = createWorld(clusterOf(onLink('orders', { idle: true })));
    await upTo(world, 'finishSecret');
    const pipeline = world.pipeline('analytics', 'orders');
    await world.pass(1_000);
    world.server().fail(pipeline, 1933, 'AccessDenied', world.clock.now());
    const { retired, said } = await ask(world);
    expect(retired).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/refuses the current credentials to .*orders/)]);
  });

  test('a key is kept when a cluster does not answer', async () => {
    const world = await rotated();
    world.server().down = true;
    const report = await world.run((run) => retireNow(run, secretId, false)).catch(String);
    expect(report).toMatch(/CONNECTION_REFUSED/);
    expect(isActive(world, keyIds(world)[0])).toBe(true);
  });
});

describe('while a rotation is pending', () => {
  test('without its key yet, the older key ends, and its slot is free for the next', async () => {
    const world = await rotated();
    const [older] = keyIds(world);
    const version = world.startRotation();
    expect((await ask(world)).retired).toEqual([older]);
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
      await call(world, step, version);
    expect(keyIds(world)).not.toContain(older);
    expect(world.paused()).toEqual([]);
  });

  test('at its first rotation there is no older key: the pending one must end first', async () => {
    const world = createWorld();
    const version = await upTo(world, 'setSecret');
    expect((await ask(world)).said).toEqual([
      expect.stringContaining(`let the rotation that is pending (version ${version}) end`),
    ]);
    expect(keyIds(world).map((id) => isActive(world, id))).toEqual([true, true]);
  });
});
