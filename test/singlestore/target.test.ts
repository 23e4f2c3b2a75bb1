import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoSource } from './source';
import { readTarget } from './target';

describe('SINGLESTORE_URL', () => {
  test('names host, port, user and password; TLS is on unless it is switched off', () => {
    const cluster = { host: 'db.example.com', port: 3306, user: 'ann', password: 'p@ss/ö', tls: 'system' };
    expect(readTarget('mysql://ann:p%40ss%2F%C3%B6@db.example.com')).toEqual(cluster);
    expect(readTarget('mysql://ann:p%40ss%2F%C3%B6@db.example.com:3307/?tls=off')).toEqual({
      ...cluster,
      port: 3307,
      tls: 'off',
    });
    expect(readTarget('mysql://ann@[::1]:1').host).toBe('::1');
  });

  test('can name a CA by its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'target-'));
    const path = join(folder, 'ca.pem');
    writeFileSync(path, 'PEM');
    expect(readTarget(`mysql://ann:x@db?ca=${encodeURIComponent(path)}`).tls).toEqual({ ca: 'PEM' });
    await rm(folder, { recursive: true });
  });

  test.each([
    'db.example.com',
    'postgres://ann:secret@db',
    'mysql://db:3306',
    'mysql://ann:secret@db?ssl=no',
    'mysql://ann:secret@db?tls=on',
    'mysql://ann:secret@db?tls=off&ca=/x',
  ])('%s is refused, and the refusal does not repeat it', (url) => {
    expect(() => readTarget(url)).toThrow();
    expect(() => readTarget(url)).not.toThrow(/secret/);
  });
});

test('loading is claimed on the stand-in, and on a cluster only with a bucket; what is missing is said', () => {
  const bucket = {
    SINGLESTORE_S3_ENDPOINT: 'http://minio:9000',
    SINGLESTORE_S3_BUCKET: 'lake',
    SINGLESTORE_S3_ACCESS_KEY_ID: 'a',
    SINGLESTORE_S3_SECRET_ACCESS_KEY: 'b',
  };
  const SINGLESTORE_URL = 'mysql://db';
  expect(whyNoSource({})).toBeUndefined();
  expect(whyNoSource({ SINGLESTORE_URL, ...bucket })).toBeUndefined();
  expect(whyNoSource({ SINGLESTORE_URL, ...bucket, SINGLESTORE_S3_BUCKET: undefined })).toBe(
    'SINGLESTORE_S3_BUCKET not set: there is nothing to load from',
  );
});
