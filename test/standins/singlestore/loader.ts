import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { assumed } from './assumed';
import type { SourceAnswer, SourceRequest } from './batches';

/** Reads a source for a batch. Refusals are answers; it does not throw. */
export type ReadSource = (request: SourceRequest) => Promise<SourceAnswer>;

const NOTHING: SourceAnswer = { objects: [] };

/** Reads real objects over S3; sources of other types, and S3 without any endpoint, are reachable and empty. */
export function openLoader(): { readonly read: ReadSource; readonly close: () => void } {
  const clients = new Map<string, S3Client>();
  const read: ReadSource = async (request) => {
    if (request.type === 'NONE') return { refused: assumed.linkIsGone };
    const endpoint = text(request.config['endpoint_url']) ?? request.endpoint;
    if (request.type !== 'S3' || endpoint === undefined) return NOTHING;
    const key = JSON.stringify([endpoint, request.config['region'], request.credentials]);
    let client = clients.get(key);
    if (client === undefined) clients.set(key, (client = openClient(endpoint, request)));
    try {
      return await readBucket(client, request);
    } catch (error) {
      return { refused: describe(error) };
    }
  };
  const close = () => {
    for (const client of clients.values()) client.destroy();
    clients.clear();
  };
  return { read, close };
}

function openClient(endpoint: string, { config, credentials: given }: SourceRequest): S3Client {
  const accessKeyId = text(given['aws_access_key_id']);
  const secretAccessKey = text(given['aws_secret_access_key']);
  const sessionToken = text(given['aws_session_token']);
  const common = {
    endpoint,
    region: text(config['region']) ?? assumed.sourceRegion,
    forcePathStyle: true,
    maxAttempts: 1,
  };
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    // A public bucket. Credentials must be given all the same, or the SDK would look for this machine's own.
    const credentials = { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' };
    return new S3Client({ ...common, credentials, signer: { sign: (request) => Promise.resolve(request) } });
  }
  return new S3Client({
    ...common,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
}

async function readBucket(client: S3Client, { path, config, isKnown }: SourceRequest): Promise<SourceAnswer> {
  const [, bucket = '', pattern = ''] = /^(?:s3:\/\/)?([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const matches = globOf(pattern);
  const objects: { name: string; size: number; rows: number; refused?: string }[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: pattern.replace(/\*.*$/s, ''), ContinuationToken: token }),
    );
    for (const { Key: name = '', Size: size = 0 } of page.Contents ?? []) {
      if (!matches(name) || isKnown(name)) continue;
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        const plain = name.endsWith('.gz') && config['disable_gunzip'] !== true ? gunzipSync(bytes) : bytes;
        objects.push({ name, size, rows: countLines(plain) });
      } catch (error) {
        objects.push({ name, size, rows: 0, refused: describe(error) });
      }
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return { objects };
}

/** A path without `*` is a prefix; `*` stands for anything but a slash, `**` for anything. */
function globOf(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name.startsWith(pattern);
  const source = pattern.replace(/\*\*|\*|[.+?^${}()|[\]\\]/g, (match) => {
    return match === '**' ? '.*' : match === '*' ? '[^/]*' : `\\${match}`;
  });
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return bytes.length > 0 && bytes.at(-1) !== 10 ? lines + 1 : lines;
}

/** The error as the extractor's own SDK words it. */
function describe(error: unknown): string {
  if (!(error instanceof S3ServiceException)) {
    return assumed.sourceIsSilent(error instanceof Error ? error.message : 'unknown');
  }
  const { httpStatusCode = 0, requestId = '' } = error.$metadata;
  return assumed.sourceRefuses(error.name, error.message, httpStatusCode, requestId);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
