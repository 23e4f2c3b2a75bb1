import { steps } from './standins/aws/rotation';
import { qualified, type Name, type Site } from './standins/demo/site';
import { inOrder, statementsOfPauses } from './standins/demo/timeline';
import type { StatementRecord } from './standins/singlestore';
import { synthesise } from './support/deployed';
import { openSockets, password, type Sockets, type SocketsOptions } from './support/sockets';

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

/** What `npm run deploy` would deploy: the tests run with its variables, journal and time-out, and are let do what its role allows. */
const deployed = synthesise();

let opened: Sockets[] = [];
async function open(options?: SocketsOptions): Promise<Sockets> {
  const sockets = await openSockets({ deployed, ...options });
  opened.push(sockets);
  return sockets;
}
/** Whatever a test is about, no secret gets out. */
async function closeAll(): Promise<void> {
  const closing = opened;
  opened = [];
  const leaks = await Promise.all(closing.map((sockets) => sockets.leaks()));
  await Promise.all(closing.map((sockets) => sockets.stop()));
  expect(leaks.flat()).toEqual([]);
}

const newest = ({ account }: Sockets) => account.user.keys.at(-1)!.accessKeyId;
const failure = (code: string, says = /./) => ({
  ok: false,
  error: {
    errorType: 'RotationError',
    errorMessage: expect.stringMatching(new RegExp(`^${code}: [^]*${says.source}`)) as string,
  },
});
const hasEffect = ({ kind, outcome }: StatementRecord) => outcome === 'ok' && !/^(select|use|show-.*)$/.test(kind);

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

  test('two rotations and a retirement use every action that the deployed role allows, and are denied none', async () => {
    const sockets = await open({ definition: { retireAfterHours: 0 } });
    expect((await sockets.rotate()).outcome).toBe('succeeded');
    await sockets.recover();
    expect((await sockets.rotate()).outcome).toBe('succeeded');
    const { aws } = sockets.account;
    const own = aws.requests.filter(({ accessKeyId }) => accessKeyId === aws.iam.role.accessKeyId);
    expect(own.filter(({ outcome }) => /AccessDenied/.test(outcome))).toEqual([]);
    const used = new Set(own.map(({ service, action }) => `${service}:${action}`));
    const connections = sockets.servers.map((_, at) => aws.secrets.find(`prod/singlestore-${at}`).arn);
    const { allowed } = deployed.in(sockets.account, connections);
    expect(allowed).toContain('secretsmanager:PutSecretValue');
    expect(allowed.filter((action) => !used.has(action))).toEqual([]);
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

  test('a user that must use TLS is served with the authority in "ca"', async () => {
    const sockets = await open();
    sockets.server.update((cluster) => {
      const root = cluster.users.get('root')!;
      return { ...cluster, users: cluster.users.set('root', { ...root, requireTls: true }) };
    });
    expect((await sockets.rotate()).outcome).toBe('succeeded');
  });
});

describe('refused with its code, and without any effect:', () => {
  afterEach(closeAll);

  interface Case {
    readonly what: string;
    readonly code: string;
    /** What else the message says, as a pattern. */
    readonly says?: RegExp;
    readonly options?: SocketsOptions;
    /** Changes the world before the call, and the call itself by what it returns. */
    readonly meddle?: (sockets: Sockets) => { step?: string; version?: string; secretId?: string } | undefined;
  }
  const unknownVersion = '00000000-0000-4000-8000-000000000000';

  test.each<Case>([
    { what: 'an unknown step', code: 'EVENT_INVALID', says: /accepted are/, meddle: () => ({ step: 'dropSecret' }) },
    {
      what: 'a secret that ROTATIONS does not name',
      code: 'SECRET_NOT_CONFIGURED',
      says: /prod\/other/,
      meddle: () => ({ secretId: 'prod/other' }),
    },
    {
      what: 'a secret that does not exist',
      code: 'SECRET_UNREADABLE',
      says: /prod\/gone/,
      options: { definition: { secretId: 'prod/gone' } },
      meddle: () => ({ secretId: 'prod/gone' }),
    },
    {
      what: 'a secret without rotation',
      code: 'ROTATION_OFF',
      meddle: ({ account, arn }) => void account.aws.secrets.cancelRotateSecret({ SecretId: arn }),
    },
    { what: 'a version that never was', code: 'VERSION_UNKNOWN', meddle: () => ({ version: unknownVersion }) },
    {
      what: 'a version that lost its label',
      code: 'VERSION_UNKNOWN',
      meddle: ({ account, arn }) => void account.aws.secrets.find(arn).labels.delete('AWSPENDING'),
    },
    {
      what: 'a version under another label',
      code: 'VERSION_NOT_PENDING',
      meddle: ({ account, arn }) => {
        const { labels } = account.aws.secrets.find(arn);
        labels.set('MINE', labels.get('AWSPENDING')!).delete('AWSPENDING');
        return undefined;
      },
    },
    {
      what: 'ROTATIONS that is not JSON',
      code: 'CONFIG_INVALID',
      says: /ROTATIONS is neither JSON/,
      options: { lambda: { env: { ROTATIONS: `[{"password":"${password}"` } } },
    },
    {
      what: 'ROTATIONS of a wrong shape, every path named,',
      code: 'CONFIG_INVALID',
      says: /\[0\]\.source\.userName:.*\[0\]\.targets\[0\]\.links\[0\]:.*\[0\]\.limits\.drainSeconds:.*\[0\]\.colour:/,
      options: {
        definition: {
          source: { type: 'iam-user', userName: 'arn:x' },
          targets: [{ connectionSecretId: 'c', links: ['no dot'] }],
          limits: { drainSeconds: 0 },
          colour: 'red',
        },
      },
    },
    {
      what: 'a secret that is not flat JSON',
      code: 'SECRET_SHAPE',
      says: /nested value under "deep"/,
      meddle: ({ account: { aws, key }, arn }) => {
        const { labels, versions } = aws.secrets.find(arn);
        const nested = { aws_access_key_id: key.accessKeyId, deep: { key: password } };
        versions.get(labels.get('AWSCURRENT')!)!.value = { SecretString: JSON.stringify(nested) };
        return undefined;
      },
    },
    {
      what: 'a link that is not there',
      code: 'LINK_MISSING',
      says: /`analytics`\.`other`/,
      options: { links: [['analytics.other']] },
    },
    {
      what: 'a cluster out of reach',
      code: 'CONNECTION_REFUSED',
      says: /127\.0\.0\.1:1 \(ECONNREFUSED\)/,
      options: { connection: { port: 1 } },
    },
    {
      what: 'a wrong password',
      code: 'LOGIN_REFUSED',
      says: /error 1045/,
      options: { connection: { password: `not ${password}` } },
    },
    {
      what: 'a certificate of an unknown authority',
      code: 'TLS_REFUSED',
      says: /SELF_SIGNED_CERT_IN_CHAIN/,
      options: { connection: { ca: undefined } },
    },
    {
      what: 'a server that cannot change links',
      code: 'GRAMMAR_UNKNOWN',
      options: { singlestore: { version: '9.0', orReplaceLink: false } },
    },
    {
      what: 'too little time for a pause',
      code: 'TIME_SHORT',
      says: /90 s/,
      options: { lambda: { timeoutMs: 60_000 } },
    },
    {
      what: 'a full quota with an unknown key',
      code: 'KEY_QUOTA',
      says: /AKIA\w+ \(AWSCURRENT\) and AKIA\w+ \(not known to be unused\)/,
      meddle: ({ account }) => void account.aws.iam.createAccessKey(account.user.userName),
    },
    {
      what: "a pipeline in somebody's foreground",
      code: 'PIPELINE_BUSY',
      says: /`sales`\.`orders` \(Running\.\.\.Foreground\)/,
      meddle: ({ server }) => {
        server.setPipelineState('sales', 'orders', 'Running...Foreground');
        return undefined;
      },
    },
  ])('$what is $code', async ({ code, says = /./, options, meddle }) => {
    const sockets = await open(options);
    const begun = sockets.begin();
    const { step = 'createSecret', version = begun, secretId } = meddle?.(sockets) ?? {};
    const before = sockets.snapshot();
    expect(await sockets.step(step, version, secretId)).toMatchObject(failure(code, says));
    expect(sockets.snapshot()).toEqual(before);
    expect(sockets.server.statements.filter(hasEffect)).toEqual([]);
  });
});
