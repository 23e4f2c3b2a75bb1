import { steps } from './standins/aws/rotation';
import { qualified, type Name, type Site } from './standins/demo/site';
import { inOrder, statementsOfPauses } from './standins/demo/timeline';
import { deployedFrom } from './support/deployed';
import { closeAll, failure, hasEffect, opener } from './support/rotating';
import { password, type Sockets } from './support/sockets';

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

/** What `npm run deploy` would deploy. */
// infra/ is held to other rules of the compiler
const { exampleTemplate } = jest.requireActual<{ exampleTemplate: () => object }>('./infra/exampleTemplate');
const open = opener(deployedFrom(exampleTemplate()));

const newest = ({ account }: Sockets) => account.user.keys.at(-1)!.accessKeyId;
describe('a whole rotation', () => {
  let sockets: Sockets;
  let before: Readonly<Record<string, string>>;
  let settled: number;
  beforeAll(async () => {
    sockets = await open();
    before = sockets.states();
    settled = sockets.server.transitions.length;
    expect((await sockets.rotate()).attempts).toEqual(steps.map((step) => ({ step, ok: true })));
  });
  afterAll(closeAll);

  test('leaves each pipeline as it was found', () => {
    expect(sockets.states()).toEqual(before);
    expect(Object.values(before).sort()).toEqual(['Error', 'Running', 'Running', 'Stopped']);
  });

  test('leaves the link and AWSCURRENT on the new key, and AWSPREVIOUS on the old one', () => {
    expect(newest(sockets)).not.toBe(sockets.account.key.accessKeyId);
    expect(sockets.held()).toEqual([newest(sockets)]);
    expect(sockets.labelled('AWSCURRENT')).toBe(newest(sockets));
    expect(sockets.labelled('AWSPREVIOUS')).toBe(sockets.account.key.accessKeyId);
  });

  test('pauses exactly what ran, once', () => {
    const moves = sockets.server.transitions
      .slice(settled)
      .map(({ pipeline, from, to }) => `${pipeline} ${from} ${to}`);
    expect(moves.sort()).toEqual([
      'clicks Running Stopped',
      'clicks Stopped Running',
      'orders Running Stopped',
      'orders Stopped Running',
    ]);
  });

  test('sends nothing in the pause but STOP, one look at the states, ALTER and START', () => {
    expect(statementsOfPauses(sockets.server.statements).map(inOrder)).toEqual([
      '2 STOP PIPELINE, 1 SELECT, 1 ALTER LINK, 2 START PIPELINE',
    ]);
  });
});

/** A rotation whose process is killed when it begins to resume. */
async function killedBehindAlter() {
  let killing: 'armed' | 'now' | 'done' = 'armed';
  const sockets = await open({
    singlestore: {
      onStatement: ({ sql }) => {
        if (killing === 'armed' && sql.startsWith('START PIPELINE')) killing = 'now';
        if (killing === 'now') sockets.lambda.kill();
        return killing === 'now' ? 'drop-before' : 'ok';
      },
    },
  });
  const before = sockets.states();
  const killed = await sockets.rotate({ attempts: 1 });
  killing = 'done';
  return { sockets, before, killed };
}

describe('on its way', () => {
  afterEach(closeAll);

  test('the secret appears in nothing that is written, although the server quotes statements in its errors', async () => {
    let refusals = 0;
    const sockets = await open({
      singlestore: {
        onStatement: ({ sql }) => {
          if (!/^ALTER LINK `analytics`\.`analytics_link`/.test(sql) || (refusals += 1) > 1) return 'ok';
          return { errno: 1064, sqlState: '42000', message: `You have an error near '${sql}'` };
        },
      },
    });
    const { outcome, attempts } = await sockets.rotate();
    expect(attempts[1]).toMatchObject({ step: 'setSecret', ...failure('ALTER_REFUSED') });
    expect(outcome).toBe('succeeded');
    expect(await sockets.leaks()).toEqual([]);
    // the search finds what is there
    sockets.lambda.output.push(`x${Buffer.from(`..${password}..`).toString('base64')}`);
    expect(await sockets.leaks()).toEqual([password]);
    sockets.lambda.output.pop();
  });

  test('the test-only call writes nothing', async () => {
    const sockets = await open();
    const [before, requests] = [sockets.snapshot(), sockets.account.aws.requests.length];
    expect((await sockets.testOnly()).outcome).toBe('succeeded');
    expect(sockets.snapshot()).toEqual(before);
    const own = sockets.account.aws.requests.slice(requests);
    expect(
      own.map(({ action }) => action).filter((action) => /^(Put|Update|Delete|Create|Batch)/.test(action)),
    ).toEqual([]);
    expect(sockets.server.statements.filter(hasEffect)).toEqual([]);
    expect(await sockets.account.journal()).toEqual([]);
  });

  test('plan tells the links, the pipelines and the statements of a rotation, and sends none of them', async () => {
    const sockets = await open({ definition: { fields: { credentials: {}, config: { tag: 'aws_access_key_id' } } } });
    const before = sockets.snapshot();
    const told = await sockets.invoke({ action: 'plan', secretId: sockets.arn });
    expect(told).toMatchObject({ ok: true, value: { blockers: [] } });
    const text = JSON.stringify(told);
    expect(text).toContain('STOP PIPELINE IF RUNNING `');
    expect(text).toContain(
      "ALTER LINK `analytics`.`analytics_link` SET CONFIG '<merged>' SET CREDENTIALS '<redacted>'",
    );
    expect(text).toContain('START PIPELINE IF NOT RUNNING `');
    expect(sockets.snapshot()).toEqual(before);
    expect(await sockets.leaks()).toEqual([]);
  });

  test('a step that comes again after its success changes nothing', async () => {
    const sockets = await open();
    const version = sockets.begin();
    for (const [at, step] of steps.entries()) {
      expect(await sockets.step(step, version)).toEqual({ ok: true, value: null });
      const [before, states] = [sockets.snapshot(), sockets.states()];
      for (const again of [step, ...(at === steps.length - 1 ? steps : [])])
        expect(await sockets.step(again, version)).toEqual({ ok: true, value: null });
      expect(sockets.snapshot()).toEqual(before);
      expect(sockets.states()).toEqual(states);
    }
  });

  test('killed behind ALTER, the watchdog resumes once the lease is over, and the retry completes', async () => {
    const { sockets, before, killed } = await killedBehindAlter();
    expect(killed.attempts.at(-1)).toMatchObject({
      step: 'setSecret',
      ok: false,
      error: { errorType: 'Runtime.ExitError' },
    });
    const paused = Object.values(sockets.states()).filter((state) => state === 'Stopped');
    expect(paused).toHaveLength(3);
    expect(sockets.held()).toEqual([newest(sockets)]);

    // its holder might live: nobody touches it
    expect(await sockets.recover()).toMatchObject({ ok: true, value: { resumed: [] } });
    expect(Object.values(sockets.states()).filter((state) => state === 'Stopped')).toEqual(paused);

    await sockets.expireLeases();
    const resumed = [expect.stringContaining('analytics_link')];
    expect(await sockets.recover()).toMatchObject({ ok: true, value: { resumed, leftPaused: [], failures: [] } });
    expect(sockets.states()).toEqual(before);

    const retried = await sockets.rotate();
    expect(retried).toMatchObject({ version: killed.version, outcome: 'succeeded' });
    expect(sockets.states()).toEqual(before);
    expect(sockets.labelled('AWSCURRENT')).toBe(sockets.held()[0]);
  });

  test('a configuration that cannot be read stops every step, and not the watchdog: what was paused is resumed', async () => {
    const { sockets, before } = await killedBehindAlter();
    expect(sockets.states()).not.toEqual(before);
    await sockets.expireLeases();
    const broken = sockets.another({ ROTATIONS: '[{' });
    expect(await broken.invoke({ action: 'plan', secretId: 'any' })).toMatchObject({ ok: false });
    expect(await broken.invoke({ action: 'recover' })).toMatchObject({ ok: true, value: { leftPaused: [] } });
    expect(broken.output.join('\n')).toContain('"RecoverFailed":[1]'); // an alarm stands on it
    expect(sockets.states()).toEqual(before);
  });

  test('a retired key is deleted by the next rotation, which succeeds', async () => {
    const sockets = await open({ definition: { retireAfterHours: 0 } });
    const { aws, key, user } = sockets.account;
    expect((await sockets.rotate()).outcome).toBe('succeeded');
    const second = newest(sockets);
    expect(await sockets.recover()).toMatchObject({ ok: true, value: { retired: [key.accessKeyId] } });
    expect(aws.iam.findKey(key.accessKeyId)?.status).toBe('Inactive');
    expect((await sockets.rotate()).outcome).toBe('succeeded');
    expect(user.keys.map(({ accessKeyId, status }) => [accessKeyId, status])).toEqual([
      [second, 'Active'],
      [newest(sockets), 'Active'],
    ]);
    expect(sockets.held()).toEqual([newest(sockets)]);
  });

  test('two clusters with two links each are rotated whatever their names, and no other link is touched', async () => {
    const odd = 'we`ird.db';
    const names = ['shop.orders', 'a b', 'größe 🚀', 'it\'s \\ "x"', 'select'];
    const links: readonly Name[] = [
      { database: odd, name: 'odd link' },
      { database: odd, name: '`' },
      { database: 'other', name: 'not_ours' },
    ];
    const site: Site = {
      links,
      pipelines: names.flatMap((name, at) => [
        { database: odd, name, link: links[at % 2]!, state: 'Running' as const },
        { database: 'other', name, link: links[at % 3]!, state: 'Running' as const },
      ]),
      batchIntervalMs: 500,
    };
    const sockets = await open({
      sites: [site, { ...site, pipelines: site.pipelines.slice(0, 3) }],
      links: [['`we``ird.db`.*'], links.slice(0, 2).map(qualified)],
    });
    const before = sockets.states();
    expect((await sockets.rotate()).outcome).toBe('succeeded');
    expect(sockets.states()).toEqual(before);
    const { accessKeyId: old } = sockets.account.key;
    for (const server of sockets.servers) {
      const held = links.map(({ database, name }) => server.link(database, name)?.credentials['aws_access_key_id']);
      expect(held).toEqual([newest(sockets), newest(sockets), old]);
    }
    const stopped = sockets.server.statements.filter(({ kind }) => kind === 'stop-pipeline').map(({ sql }) => sql);
    expect(stopped).toHaveLength(9);
    expect(stopped).toContain('STOP PIPELINE IF RUNNING `we``ird.db`.`größe 🚀`');
  });

  test('an action that the role is not allowed is refused to the function', async () => {
    const sockets = await open();
    const { iam } = sockets.account.aws;
    const allows = iam.rolePolicy;
    iam.rolePolicy = async (operation) => operation.action !== 'CreateAccessKey' && allows(operation);
    expect((await sockets.rotate({ attempts: 1 })).attempts.at(-1)).toMatchObject(
      failure('CREATE_REFUSED', /AccessDenied/),
    );
  });

  test('a rotation that fails is told to the topic once, with the address of a log whose lines have the id that it searches for', async () => {
    const sockets = await open();
    const { iam, sns } = sockets.account.aws;
    const allows = iam.rolePolicy;
    iam.rolePolicy = async (operation) => operation.action !== 'CreateAccessKey' && allows(operation);
    expect((await sockets.rotate({ attempts: 2 })).attempts).toHaveLength(2);
    expect(sns.published.map(({ subject }) => subject)).toEqual([
      'Rotation of prod/s3-ingest failed in createSecret: CREATE_REFUSED',
    ]);
    const [, id = 'none'] = /^Log: https:.*\$2522(\S+)\$2522$/m.exec(sns.published[0]!.message) ?? [];
    const failed = sockets.lambda.output.filter((line) => line.includes('"action":"failed"'));
    expect(failed).toHaveLength(2);
    expect(failed[0]).toContain(`"requestId":"${id}"`);
  });

  test('a user that must use TLS is served with the authority in "ca"', async () => {
    const sockets = await open();
    sockets.server.update((cluster) => {
      const root = cluster.users.get('root')!;
      return { ...cluster, users: cluster.users.set('root', { ...root, requireTls: true }) };
    });
    expect((await sockets.rotate()).outcome).toBe('succeeded');
  });
});
