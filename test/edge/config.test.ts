import { RotationError } from '../../lambda/core/errors';
import { parseDefinitions, readSettings } from '../../lambda/edge/config';

const target = { connectionSecretId: 'prod/singlestore', links: ['analytics.lake'] };
const entry = { secretId: 'prod/lake', source: { type: 'iam-user', userName: 'ingest' }, targets: [target] };
const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:rotations-AbCdEf';

const definitionsOf = (...entries: unknown[]) => {
  const parsed = parseDefinitions(JSON.stringify(entries));
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.definitions;
};
const problemsOf = (...entries: unknown[]) => {
  const parsed = parseDefinitions(JSON.stringify(entries));
  return 'problems' in parsed ? parsed.problems : [];
};

test('a definition without options has the defaults', () => {
  expect(definitionsOf(entry)).toEqual([
    {
      secretId: 'prod/lake',
      source: { type: 'iam-user', userName: 'ingest' },
      targets: [{ connectionSecretId: 'prod/singlestore', links: [{ database: 'analytics', link: 'lake' }] }],
      fields: { credentials: {}, config: {} },
      limits: { drainSeconds: 60, proofSeconds: 60, connections: 16 },
      retireAfterHours: 24,
      restartAfterCredentialError: false,
    },
  ]);
});

test('an option given in part keeps the other defaults', () => {
  expect(
    definitionsOf({
      ...entry,
      limits: { connections: 4 },
      fields: { config: { region: 'region' } },
      retireAfterHours: 0,
    }),
  ).toMatchObject([
    {
      limits: { drainSeconds: 60, proofSeconds: 60, connections: 4 },
      fields: { credentials: {}, config: { region: 'region' } },
      retireAfterHours: 0,
    },
  ]);
});

test('links are read with SQL quoting, and * is all links of a database', () => {
  const links = ['analytics.lake', '`a.b`.`c`', 'sales.*', 'sales.`*`'];
  expect(definitionsOf({ ...entry, targets: [{ ...target, links }] })[0]?.targets[0]?.links).toEqual([
    { database: 'analytics', link: 'lake' },
    { database: 'a.b', link: 'c' },
    { database: 'sales', all: true },
    { database: 'sales', link: '*' },
  ]);
});

test.each<[string, unknown, string]>([
  [
    'a link',
    { targets: [target, { ...target, links: ['foo'] }] },
    '[0].targets[1].links[0]: "foo" is not database.link',
  ],
  ['no link', { targets: [{ ...target, links: [] }] }, '[0].targets[0].links: must not be empty'],
  ['no target', { targets: [] }, '[0].targets: must not be empty'],
  ['targets that are no list', { targets: 'CANARY' }, '[0].targets: must be Array'],
  ['a key that nobody knows', { retireAfter: 'CANARY' }, '[0].retireAfter: is not a known key'],
  [
    'a key that nobody knows, further down',
    { limits: { CONNECTIONS: 1 } },
    '[0].limits.CONNECTIONS: is not a known key',
  ],
  ['a missing secret', { secretId: undefined }, '[0].secretId: is missing'],
  ['an empty secret', { secretId: '' }, '[0].secretId: must not be empty'],
  ['a source of another type', { source: { type: 'CANARY' } }, '[0].source.type: must be ("iam-user" | "mirror")'],
  ['a source without type', { source: {} }, '[0].source.type: is missing'],
  [
    'a user by ARN',
    { source: { type: 'iam-user', userName: 'arn:aws:iam::1:user/CANARY' } },
    '[0].source.userName: must be the name of an IAM user, without path or ARN',
  ],
  ['a drain too long', { limits: { drainSeconds: 601 } }, '[0].limits.drainSeconds: must be 1 to 600'],
  ['a proof too short', { limits: { proofSeconds: 0 } }, '[0].limits.proofSeconds: must be 1 to 600'],
  ['too many connections', { limits: { connections: 65 } }, '[0].limits.connections: must be 1 to 64'],
  ['half a connection', { limits: { connections: 1.5 } }, '[0].limits.connections: must be a whole number'],
  ['a retirement in the past', { retireAfterHours: -1 }, '[0].retireAfterHours: must be 0 to 8760'],
  ['a retirement after a year', { retireAfterHours: 8761 }, '[0].retireAfterHours: must be 0 to 8760'],
  ['a number as text', { retireAfterHours: 'CANARY' }, '[0].retireAfterHours: must be number'],
  ['a yes', { restartAfterCredentialError: 'CANARY' }, '[0].restartAfterCredentialError: must be boolean'],
  ['a field that maps to no text', { fields: { credentials: { a: 1 } } }, '[0].fields.credentials.a: must be string'],
])('%s is named by its path', (_, change, problem) => {
  expect(problemsOf({ ...entry, ...(change as object) })).toEqual([problem]);
});

test('a secret may be rotated by one definition only', () => {
  expect(problemsOf(entry, { ...entry, secretId: 'other' }, entry)).toEqual(['[2].secretId: is that of [0] too']);
});

test('an entry that is no object is named', () => {
  expect(problemsOf(entry, null, 'CANARY')).toEqual(['[1]: must be Object', '[2]: must be Object']);
});

test('every problem is reported, and no value but that of a link', async () => {
  const rotations = JSON.stringify([
    { ...entry, targets: [{ links: ['foo', 'a.b', 'b'] }], password: 'CANARY' },
    { ...entry, retireAfterHours: 'CANARY' },
  ]);
  const error = await readSettings({ ROTATIONS: rotations }, () => Promise.resolve(null)).catch(String);
  for (const problem of [
    'ROTATIONS [0].targets[0].connectionSecretId: is missing',
    'ROTATIONS [0].targets[0].links[0]: "foo" is not database.link',
    'ROTATIONS [0].targets[0].links[2]: "b" is not database.link',
    'ROTATIONS [0].password: is not a known key',
    'ROTATIONS [1].retireAfterHours: must be number',
    'ROTATIONS [1].secretId: is that of [0] too',
    'JOURNAL_TABLE must name a DynamoDB table',
  ])
    expect(error).toContain(problem);
  expect(error).not.toContain('CANARY');
});

const asked: string[] = [];
const secretOf = (text: string | null) => (id: string) => {
  asked.push(id);
  return Promise.resolve(text);
};

test('ROTATIONS is read from the environment, or from the secret that it names', async () => {
  const json = ` ${JSON.stringify([entry])} `;
  const here = await readSettings({ ROTATIONS: json, JOURNAL_TABLE: 'journal' }, secretOf(null));
  expect(asked).toEqual([]);
  const there = await readSettings({ ROTATIONS: arn, JOURNAL_TABLE: 'journal' }, secretOf(json));
  expect(asked).toEqual([arn]);
  expect(there).toEqual(here);
  expect(there).toEqual({ definitions: definitionsOf(entry), table: 'journal' });
});

test.each([
  [undefined, 'ROTATIONS must be a JSON array of rotation definitions, or the ARN'],
  ['', 'ROTATIONS must be a JSON array of rotation definitions, or the ARN'],
  ['[{"CANARY": ]', 'ROTATIONS is neither JSON nor the ARN of a secret'],
  ['{"CANARY": 1}', 'ROTATIONS must be Array'],
  [arn, 'ROTATIONS must be a JSON array of rotation definitions, or the ARN'],
])('ROTATIONS = %j is refused', async (ROTATIONS, problem) => {
  const settings = readSettings(
    { JOURNAL_TABLE: 'journal', ...(ROTATIONS === undefined ? {} : { ROTATIONS }) },
    secretOf(null),
  );
  await expect(settings).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(problem) as string,
  });
  await expect(settings).rejects.toMatchObject({ message: expect.not.stringContaining('CANARY') as string });
});

test('a secret of definitions that cannot be read is told as it is', async () => {
  const unreadable = new RotationError('SECRET_UNREADABLE', 'x');
  await expect(
    readSettings({ ROTATIONS: arn, JOURNAL_TABLE: 'journal' }, () => Promise.reject(unreadable)),
  ).rejects.toBe(unreadable);
});
