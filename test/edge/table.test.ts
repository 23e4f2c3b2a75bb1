import { randomBytes } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { begun, historyDays } from '../../lambda/core/history';
import type { SecretRecord } from '../../lambda/core/journal';
import { qualified } from '../../lambda/core/names';
import { owed } from '../../lambda/core/notice';
import { openTable } from '../../lambda/edge/table';
import type { Fault } from '../standins/aws/server';
import { answering, aws, closeOutside } from './outside';

afterEach(closeOutside);

const record = (version: string | null): SecretRecord => ({ version, failedProofs: 0, retirements: [], unproven: [] });

/** The journal's table; `faults` befall the calls of one action in turn, and may come with something that happens before the call. */
async function journal(action = '', ...faults: (Fault | (() => Promise<Fault>))[]) {
  const started = await aws({
    onRequest: (request) => {
      const fault = request.action === action ? faults.shift() : undefined;
      return typeof fault === 'function' ? fault() : (fault ?? 'ok');
    },
  });
  await started.createJournalTable({
    TableName: 'journal',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const calls = () => started.requests.filter((request) => request.action === action).length;
  return { table: openTable('journal'), calls };
}

test('an item is read as it was written, with its revision', async () => {
  const { table } = await journal();
  await expect(table.read('secret', 'lake')).resolves.toBeNull();
  await expect(table.write('secret', 'lake', record('v1'), 0)).resolves.toBe(1);
  await expect(table.write('secret', 'lake', record('v2'), 1)).resolves.toBe(2);
  await expect(table.read('secret', 'lake')).resolves.toEqual({ item: record('v2'), revision: 2 });
});

test('a record with ten thousand unproven pipelines fits into an item, and a short one stays legible', async () => {
  const { table } = await journal();
  const pipeline = (at: number) => ({
    cluster: 'svc-3482219c-a389-4079-b18b-d50662524e8a-shared-dml.aws-virginia-6.svc.singlestore.com:3306',
    connectionSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
    pipeline: qualified('ingest', `events_${(at * 2_654_435_761) % 2 ** 32}`),
    errorsAfter: 1_767_225_600.123456,
    batchesAfter: at * 7,
  });
  const long: SecretRecord = { ...record('v1'), unproven: Array.from({ length: 10_000 }, (_, at) => pipeline(at)) };
  await expect(table.write('secret', 'lake', long, 0)).resolves.toBe(1);
  await expect(table.read('secret', 'lake')).resolves.toEqual({ item: long, revision: 1 });
  await expect(table.list('secret')).resolves.toEqual([{ key: 'lake', item: long, revision: 1 }]);
  await table.write('secret', 'other', record('v1'), 0);
  const { Item } = await new DynamoDBClient({}).send(
    new GetItemCommand({ TableName: 'journal', Key: { pk: { S: 'secret' }, sk: { S: 'other' } } }),
  );
  expect(Item?.['item']).toEqual({ S: JSON.stringify(record('v1')) });
});

test('of what is kept for people alone DynamoDB is told when to remove it', async () => {
  const { table } = await journal();
  const startedAt = Date.UTC(2026, 0, 1);
  await table.write('history', 'lake/v1', begun('lake', 'v1', startedAt, 'person'), 0);
  const of = { secretId: 'lake', version: 'v1', what: 'failed' } as const;
  await table.write('notice', 'lake/v1/failed', owed({ subject: 's', text: 't' }, of, startedAt), 0);
  await table.write('secret', 'lake', record('v1'), 0);
  const expiry = async (pk: string, sk: string) =>
    (
      await new DynamoDBClient({}).send(
        new GetItemCommand({ TableName: 'journal', Key: { pk: { S: pk }, sk: { S: sk } } }),
      )
    ).Item?.['expiresAt'];
  for (const [kind, key] of [['history', 'lake/v1'] as const, ['notice', 'lake/v1/failed'] as const])
    expect(await expiry(kind, key)).toEqual({ N: String(startedAt / 1_000 + historyDays * 86_400) });
  expect(await expiry('secret', 'lake')).toBeUndefined();
});

test('who writes second changes nothing, neither a new item nor an old one', async () => {
  const { table } = await journal();
  await table.write('secret', 'lake', record('v1'), 0);
  await expect(table.write('secret', 'lake', record('other'), 0)).resolves.toBeNull();
  await table.write('secret', 'lake', record('v2'), 1);
  await expect(table.write('secret', 'lake', record('other'), 1)).resolves.toBeNull();
  await expect(table.write('secret', 'gone', record('other'), 1)).resolves.toBeNull();
  await expect(table.read('secret', 'lake')).resolves.toEqual({ item: record('v2'), revision: 2 });
});

test.each([1, 3])('a write whose answer is lost %d times is known for our own', async (times) => {
  const { table, calls } = await journal('PutItem', ...Array<Fault>(times).fill('drop-after'));
  await expect(table.write('secret', 'lake', record('v1'), 0)).resolves.toBe(1);
  expect(calls()).toBe(times === 1 ? 2 : 3);
  await expect(table.read('secret', 'lake')).resolves.toEqual({ item: record('v1'), revision: 1 });
});

test('a write that does not arrive, while another does, has lost', async () => {
  const { table } = await journal('PutItem', 'ok', 'drop-before', 'drop-before', async () => {
    await other.write('secret', 'lake', record('other'), 1);
    return 'drop-before';
  });
  const other = openTable('journal');
  await table.write('secret', 'lake', record('v1'), 0);
  await expect(table.write('secret', 'lake', record('v2'), 1)).resolves.toBeNull();
  await expect(table.read('secret', 'lake')).resolves.toEqual({ item: record('other'), revision: 2 });
});

test('a write that nobody answers, and that left no trace, is an error', async () => {
  const { table } = await journal('PutItem', 'drop-before', 'drop-before', 'drop-before');
  await expect(table.write('secret', 'lake', record('v1'), 0)).rejects.toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining('PutItem of secret lake, revision 1, got no clear answer') as string,
  });
  await expect(table.write('secret', 'lake', record('v1'), 0)).resolves.toBe(1);
});

test('a list has every item of its kind, over all pages, and no other', async () => {
  const { table, calls } = await journal('Query');
  const long = () => randomBytes(225_000).toString('base64'); // DynamoDB ends a page at 1 MB, and chance cannot be zipped
  for (const key of ['a', 'b', 'c', 'd', 'e']) await table.write('secret', key, record(key + long()), 0);
  await table.write('set', 'a', { members: [] }, 0);
  const listed = await table.list('secret');
  expect(listed.map(({ key, revision, item }) => [key, revision, item.version?.charAt(0)])).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((key) => [key, 1, key]),
  );
  expect(calls()).toBe(2);
  await expect(table.list('user')).resolves.toEqual([]);
});

test('an item is removed, and removed again', async () => {
  const { table } = await journal();
  await table.write('secret', 'lake', record('v1'), 0);
  await table.remove('secret', 'lake');
  await table.remove('secret', 'lake');
  await expect(table.read('secret', 'lake')).resolves.toBeNull();
});

test.each([
  ['no JSON', { rev: { N: '1' }, item: { S: '{' } }],
  ['no object', { rev: { N: '1' }, item: { S: '"lake"' } }],
  ['no item', { rev: { N: '1' } }],
  ['no revision', { item: { S: '{}' } }],
])('an item with %s is named, not guessed at', async (_, attributes) => {
  const { table } = await journal();
  const Item = { pk: { S: 'link' }, sk: { S: 'db:3306/`a`.`b`' }, ...attributes };
  await new DynamoDBClient().send(new PutItemCommand({ TableName: 'journal', Item }));
  const named = {
    code: 'INTERNAL',
    message: expect.stringContaining('the journal item link db:3306/`a`.`b`') as string,
  };
  await expect(table.read('link', 'db:3306/`a`.`b`')).rejects.toMatchObject(named);
  await expect(table.list('link')).rejects.toMatchObject(named);
});

test('a table that is not there is named in every error', async () => {
  await journal();
  const table = openTable('nowhere');
  const missing = {
    code: 'AWS_REFUSED',
    message: expect.stringMatching(/was refused by AWS: ResourceNotFoundException\..*JOURNAL_TABLE.*nowhere/) as string,
  };
  await expect(table.read('link', 'a')).rejects.toMatchObject(missing);
  await expect(table.list('link')).rejects.toMatchObject(missing);
  await expect(table.remove('link', 'a')).rejects.toMatchObject(missing);
  await expect(table.write('secret', 'a', record('v1'), 0)).rejects.toMatchObject(missing);
});

test('an error repeats nothing of what AWS says', async () => {
  await answering(400, JSON.stringify({ __type: 'ValidationException', message: 'CANARY' }));
  const error = await openTable('journal').read('link', 'a').catch(String);
  expect(error).toContain('ValidationException');
  expect(error).not.toContain('CANARY');
});
