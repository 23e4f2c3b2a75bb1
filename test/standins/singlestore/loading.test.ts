import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startSingleStore } from './index';
import type { SingleStoreOptions, SingleStoreStandIn } from './index';

/** An S3 of one bucket: ListObjectsV2 in pages of two, GetObject, and keys that are accepted or not. */
class Bucket {
  readonly objects = new Map<string, string | Buffer>();
  readonly keys = new Set(['good']);
  readonly unreadable = new Set<string>();
  readonly reads: string[] = [];
  region = '';
  #server: Server | undefined;

  async open(): Promise<string> {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const scope = /Credential=([^/]*)\/[^/]*\/([^/]*)/.exec(request.headers.authorization ?? '');
      this.region = scope?.[2] ?? '';
      const name = decodeURIComponent(url.pathname).replace(/^\/bucket\/?/, '');
      if (scope !== null && !this.keys.has(scope[1]!))
        refuse(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
      else if (this.unreadable.has(name)) refuse(403, 'AccessDenied', 'Access Denied');
      else if (name === '') response.end(this.#list(url.searchParams));
      else {
        this.reads.push(name);
        response.end(this.objects.get(name));
      }
      function refuse(status: number, code: string, message: string): void {
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
      }
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #list(query: URLSearchParams): string {
    const names = [...this.objects.keys()].filter((name) => name.startsWith(query.get('prefix') ?? '')).sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const page = names.slice(from, from + 2);
    const contents = page.map(
      (name) => `<Contents><Key>${name}</Key><Size>${this.objects.get(name)!.length}</Size></Contents>`,
    );
    const more = from + 2 < names.length;
    const next = more ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
    return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

let bucket: Bucket;
let server: SingleStoreStandIn;
beforeEach(() => {
  bucket = new Bucket();
});
afterEach(async () => {
  await server.stop();
  await bucket.close();
});

const credentials = (keyId: string) => `'{"aws_access_key_id":"${keyId}","aws_secret_access_key":"s"}'`;

async function start(options: SingleStoreOptions = {}, clauses = '', path = 'bucket/orders/*.csv'): Promise<void> {
  server = await startSingleStore({ s3Endpoint: await bucket.open(), retries: 1, ...options });
  await server.execute('CREATE DATABASE db');
  await server.execute('CREATE TABLE db.t (line TEXT)');
  await server.execute(`CREATE LINK db.lake AS S3 CONFIG '{"region":"eu-west-1"}' CREDENTIALS ${credentials('good')}`);
  await server.execute(
    `CREATE PIPELINE db.p AS LOAD DATA LINK lake '${path}' BATCH_INTERVAL 5 ${clauses} INTO TABLE t`,
  );
}

async function value(sql: string): Promise<unknown> {
  const reply = await server.execute(sql);
  return reply.type === 'rows' ? reply.rows[0]?.[0] : undefined;
}
const rows = () => value('SELECT COUNT(*) FROM db.t');
const state = () => server.pipeline('db', 'p')!.state;
async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('objects are read once, old and new, over all pages of the list', async () => {
  await start();
  bucket.objects
    .set('orders/1.csv', 'a\nb\n')
    .set('orders/2.csv', 'c\nd')
    .set('orders/3.csv', '')
    .set('orders/x/4.csv', 'no\n');
  bucket.objects.set('orders/5.txt', 'no\n');
  await server.execute('START PIPELINE db.p');
  await until(async () => (await rows()) === 4);
  expect(bucket.reads).toEqual(['orders/1.csv', 'orders/2.csv', 'orders/3.csv']);
  expect(bucket.region).toBe('eu-west-1');
  bucket.objects.set('orders/6.csv', 'e\n');
  await until(async () => (await rows()) === 5);
  await server.execute('STOP PIPELINE db.p');
  expect(bucket.reads.slice(3)).toEqual(['orders/6.csv']);
  expect(server.pipeline('db', 'p')!.batches.map(({ state, files, rows }) => [state, files, rows])).toEqual([
    ['Succeeded', 3, 4],
    ['Succeeded', 1, 1],
  ]);
  bucket.objects.set('orders/7.csv', 'f\n');
  await server.execute('START PIPELINE db.p FOREGROUND'); // offsets survived the stop
  expect(bucket.reads.slice(4)).toEqual(['orders/7.csv']);
  expect(state()).toBe('Stopped');
});

test('compressed objects count by their contents', async () => {
  await start({}, '', 'bucket/');
  bucket.objects.set('a.gz', gzipSync('1\n2\n3\n'));
  expect(await server.execute('START PIPELINE db.p FOREGROUND LIMIT 1 BATCHES')).toEqual({
    type: 'ok',
    affectedRows: 3,
  });
});

test('a refused key: START succeeds, errors follow, then Error; new credentials and START load again', async () => {
  await start();
  bucket.keys.clear();
  bucket.keys.add('new');
  expect(await server.execute('START PIPELINE db.p')).toEqual({ type: 'ok', affectedRows: 0 });
  await until(() => state() === 'Error');
  expect(await value('SELECT COUNT(*) FROM information_schema.PIPELINES_ERRORS')).toBe(2);
  expect(
    await value('SELECT ERROR_MESSAGE FROM information_schema.PIPELINES_ERRORS WHERE ERROR_CODE = 1933'),
  ).toContain(
    'InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.\n\tstatus code: 403',
  );
  await expect(server.execute('START PIPELINE db.p FOREGROUND')).rejects.toThrow(/1933 .*InvalidAccessKeyId/);
  await expect(server.execute('TEST PIPELINE db.p')).rejects.toThrow(/1933 .*InvalidAccessKeyId/);
  await server.execute(`ALTER LINK db.lake SET CREDENTIALS ${credentials('new')}`);
  bucket.objects.set('orders/1.csv', 'a\n');
  await server.execute('START PIPELINE db.p');
  await until(async () => (await rows()) === 1);
  expect(
    server.transitions.map(({ to }) => to).filter((to) => to !== 'Testing' && to !== 'Running...Foreground'),
  ).toEqual(['Running', 'Error', 'Stopped', 'Stopped', 'Running']);
});

test('with STOP_ON_ERROR OFF an object that stays unreadable is skipped, and never read again', async () => {
  await start({}, 'STOP_ON_ERROR OFF');
  bucket.objects.set('orders/1.csv', 'a\n').set('orders/2.csv', 'b\n');
  bucket.unreadable.add('orders/2.csv');
  await server.execute('START PIPELINE db.p');
  await until(async () => (await rows()) === 1); // the readable one comes after the other has been given up
  bucket.unreadable.clear();
  bucket.objects.set('orders/3.csv', 'c\n');
  await until(async () => (await rows()) === 2);
  expect(await value("SELECT FILE_NAME FROM information_schema.PIPELINES_FILES WHERE FILE_STATE = 'Skipped'")).toBe(
    'orders/2.csv',
  );
  expect(state()).toBe('Running');
});

test('CREATE PIPELINE with a refused key fails with 1933, and reads no object', async () => {
  await start();
  bucket.objects.set('orders/1.csv', 'a\n');
  await server.execute("CREATE PIPELINE db.q AS LOAD DATA LINK lake 'bucket/' INTO TABLE t");
  bucket.keys.clear();
  const again = "CREATE PIPELINE db.r AS LOAD DATA LINK lake 'bucket/' INTO TABLE t";
  await expect(server.execute(again)).rejects.toThrow(/1933 \(HY000\).*GET_LATEST_OFFSETS.*InvalidAccessKeyId/s);
  expect(bucket.reads).toEqual([]);
});

test('credentials of its own, an endpoint of its own, or none at all', async () => {
  await start();
  bucket.objects.set('orders/1.csv', 'a\n');
  const sources = [
    `S3 'bucket/orders' CREDENTIALS ${credentials('good')}`,
    `S3 'bucket/orders' CONFIG '{"endpoint_url":"${server.cluster.settings.s3Endpoint!}"}' CREDENTIALS '{}'`,
  ];
  for (const [i, source] of sources.entries()) {
    await server.execute(`CREATE PIPELINE db.own${i} AS LOAD DATA ${source} INTO TABLE t`);
    expect(await server.execute(`START PIPELINE db.own${i} FOREGROUND`)).toEqual({ type: 'ok', affectedRows: 1 });
  }
});

test('an endpoint that nobody listens at is an error of the extractor', async () => {
  await start({ retries: 0 });
  await bucket.close();
  await server.execute('START PIPELINE db.p');
  await until(() => state() === 'Error');
  expect(server.pipeline('db', 'p')!.errors[0]!.message).toContain('RequestError: send request failed');
});

test('a batch takes the least time it was given, and STOP waits for it', async () => {
  await start({ batchMs: 60 });
  bucket.objects.set('orders/1.csv', 'a\n');
  await server.execute('START PIPELINE db.p');
  await until(() => server.pipeline('db', 'p')!.run?.batchId !== undefined);
  await server.execute('STOP PIPELINE db.p');
  const [batch] = server.pipeline('db', 'p')!.batches;
  expect(batch).toMatchObject({ state: 'Succeeded', rows: 1 });
  expect(batch!.endedAt! - batch!.startedAt).toBeGreaterThanOrEqual(60);
});
