import type { Status } from '../lambda/core/status';
import { deployedFrom } from './support/deployed';
import { closeAll, hasEffect, opener } from './support/rotating';
import type { Sockets } from './support/sockets';

jest.setTimeout(60_000);

// infra/ is held to other rules of the compiler
const { exampleTemplate } = jest.requireActual<{ exampleTemplate: () => object }>('./infra/exampleTemplate');
const open = opener(deployedFrom(exampleTemplate()));

/** Calls of AWS that change nothing. The Scan is of this test, which reads the journal. */
const reads = /^(Get|List|Describe|Query|Scan)/;

/** Asks, and looks at every server's own record of what that did. */
async function askedOf(sockets: Sockets, event: object) {
  const { server, account } = sockets;
  const [statements, requests] = [server.statements.length, account.aws.requests.length];
  const before = [sockets.snapshot(), await account.journal()];
  const answer = await sockets.invoke(event);
  const effects = server.statements
    .slice(statements)
    .filter(hasEffect)
    .map(({ sql }) => sql);
  const writes = account.aws.requests.slice(requests).map(({ action }) => action);
  expect([sockets.snapshot(), await account.journal()]).toEqual(before);
  expect([effects, writes.filter((action) => !reads.test(action))]).toEqual([[], []]);
  return answer as { readonly ok: boolean; readonly value?: unknown };
}

/** A rotation whose process is killed between STOP and ALTER, so that two pipelines are paused. */
async function killedInThePause(): Promise<Sockets> {
  let armed = true;
  const sockets = await open({
    singlestore: {
      onStatement: ({ sql }) => {
        if (!armed || !sql.startsWith('ALTER LINK') || sql.includes('probe')) return 'ok';
        armed = false;
        sockets.lambda.kill();
        return 'drop-before';
      },
    },
  });
  await sockets.rotate({ attempts: 1 });
  await sockets.expireLeases();
  return sockets;
}

describe('in the middle of a rotation that was killed', () => {
  let sockets: Sockets;
  beforeAll(async () => {
    sockets = await killedInThePause();
  });
  afterAll(closeAll);

  test('status says what is paused, since when, and who starts it, and changes nothing on any server', async () => {
    const { ok, value } = await askedOf(sockets, { action: 'status' });
    expect(ok).toBe(true);
    const [secret] = (value as Status).secrets;
    const paused = secret!.links.flatMap(({ pipelines }) => pipelines.filter(({ pausedByUs }) => pausedByUs));
    expect(paused.map(({ pipeline }) => pipeline).sort()).toEqual(['`analytics`.`clicks`', '`sales`.`orders`']);
    expect(secret!.stuck).toMatchObject({
      why: 'pipelines are paused by a run that died.',
      next: expect.stringContaining('The watchdog starts them within a minute') as string,
      command: null,
    });
    expect(secret!.versions.map(({ labels }) => labels)).toEqual([['AWSCURRENT'], ['AWSPENDING']]);
    expect(secret!.keys.map(({ fate }) => fate)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect(secret!.history).toMatchObject([{ outcome: 'running' }]);
    expect(secret!.unseen).toEqual([]);
  });

  test('a dry recovery says what a recovery would do', async () => {
    const { value } = await askedOf(sockets, { action: 'recover', dryRun: true });
    expect(value).toMatchObject({
      dryRun: true,
      resumed: [expect.stringContaining('`analytics`.`analytics_link`')],
      leftPaused: expect.arrayContaining(['`analytics`.`clicks`', '`sales`.`orders`']) as string[],
      failures: [],
    });
  });

  test.each<[string, object]>([
    ['a plan', { action: 'plan' }],
    ['a dry retirement', { action: 'retire', now: true, dryRun: true }],
  ])('%s changes nothing on any server', async (_, event) => {
    expect(await askedOf(sockets, { ...event, secretId: sockets.arn })).toMatchObject({ ok: true });
  });

  test('and then what was foreseen is done', async () => {
    expect(await sockets.recover()).toMatchObject({
      value: { resumed: [expect.stringContaining('`analytics`.`analytics_link`')], leftPaused: [], failures: [] },
    });
    expect(Object.values(sockets.states()).sort()).toEqual(['Error', 'Running', 'Running', 'Stopped']);
  });
});

describe('after a rotation', () => {
  let sockets: Sockets;
  beforeAll(async () => {
    sockets = await open();
    await sockets.rotate();
  });
  afterAll(closeAll);

  test('a plan tells what the pause of each pipeline was, and what it would be', async () => {
    const { value } = await askedOf(sockets, { action: 'plan', secretId: sockets.arn });
    const [link] = (value as { links: { pipelines: { paused: boolean; expected: object | null }[] }[] }).links;
    const expected = link!.pipelines.flatMap((pipeline) => pipeline.expected ?? []);
    expect(expected).toHaveLength(2);
    for (const one of expected)
      expect(one).toMatchObject({
        inProgress: expect.any(Boolean) as boolean,
        lastPauseMs: expect.any(Number) as number,
      });
  });

  test('the older key ends at once when it is asked for, as the role allows', async () => {
    const { accessKeyId } = sockets.account.key;
    expect(await sockets.invoke({ action: 'retire', secretId: sockets.arn, now: true })).toMatchObject({
      value: { retired: [accessKeyId] },
    });
    expect(sockets.account.user.keys.map(({ status }) => status)).toEqual(['Inactive', 'Active']);
  });

  test('a status of a secret that nobody configured is an error; a retirement must be meant', async () => {
    expect(await sockets.invoke({ action: 'status', secretId: 'prod/other' })).toMatchObject({ ok: false });
    expect(await sockets.invoke({ action: 'retire', secretId: sockets.arn })).toMatchObject({ ok: false });
  });
});
