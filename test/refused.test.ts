import { closeAll, failure, hasEffect, opener } from './support/rotating';
import { password, type Sockets, type SocketsOptions } from './support/sockets';

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

const open = opener();

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
