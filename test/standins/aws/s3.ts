import { createHash } from 'node:crypto';
import type { Principal } from './iam';
import { AwsError, xmlReply, type HttpRequest, type Operation, type Reply, type Service, type Xml } from './wire';

export interface StoredObject {
  readonly body: Buffer;
  /** Epoch ms. */
  readonly modifiedAt: number;
}

const mostKeysPerPage = 1000;
const permissions: Record<string, string> = { HeadBucket: 's3:ListBucket', ListObjectsV2: 's3:ListBucket' };

/** S3 by path-style addresses: `/bucket/key`. */
export class S3 {
  /** Bucket name, key, object. */
  readonly buckets = new Map<string, Map<string, StoredObject>>();

  constructor(private readonly now: () => number) {}

  createBucket(bucket: string): void {
    if (!this.buckets.has(bucket)) this.buckets.set(bucket, new Map());
  }

  /** @throws AwsError `NoSuchBucket` */
  putObject(bucket: string, key: string, body: string | Buffer): void {
    this.#bucket(bucket).set(key, { body: Buffer.from(body), modifiedAt: this.now() });
  }

  readonly service: Service<Principal> = {
    operation: (request) => {
      const { bucket, key, parameters } = addressOf(request);
      const action = actionOf(request.method, key, parameters);
      return {
        action,
        permission: permissions[action] ?? `s3:${action}`,
        resource: bucket,
        prefix: key === '' ? (parameters.get('prefix') ?? '') : key,
        parameters: [...parameters.keys()],
      };
    },
    run: (operation, request) => this.#run(operation, request),
    refuse: ({ code, message, status }, { method }) => {
      const name = code === 'InvalidClientTokenId' ? 'InvalidAccessKeyId' : code;
      const reply = xmlReply(status, { Error: { Code: name, Message: message } });
      return method === 'HEAD' ? { ...reply, body: '' } : reply; // HEAD has no body: its caller sees the status alone
    },
  };

  #run({ action, resource = '', prefix = '' }: Operation, request: HttpRequest): Reply {
    const objects = this.#bucket(resource);
    switch (action) {
      case 'HeadBucket':
        return { status: 200, headers: {}, body: '' };
      case 'ListObjectsV2':
        return xmlReply(200, { ListBucketResult: page(objects, resource, prefix, addressOf(request).parameters) });
      case 'PutObject':
        this.putObject(resource, prefix, payloadOf(request));
        return { status: 200, headers: { etag: etag(payloadOf(request)) }, body: '' };
      case 'GetObject': {
        const object = objects.get(prefix);
        if (object === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
        const headers = { etag: etag(object.body), 'last-modified': new Date(object.modifiedAt).toUTCString() };
        return { status: 200, headers, body: object.body };
      }
      default:
        throw new AwsError('NotImplemented', `The stand-in has no ${action}.`, 501);
    }
  }

  #bucket(name: string): Map<string, StoredObject> {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }
}

function addressOf({ path, query }: HttpRequest): { bucket: string; key: string; parameters: URLSearchParams } {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(path)) ?? [];
  return { bucket, key, parameters: new URLSearchParams(query) };
}

function actionOf(method: string, key: string, parameters: URLSearchParams): string {
  if (key !== '' && method === 'GET') return 'GetObject';
  if (key !== '' && method === 'PUT') return 'PutObject';
  if (key === '' && method === 'HEAD') return 'HeadBucket';
  if (key === '' && method === 'GET' && parameters.get('list-type') === '2') return 'ListObjectsV2';
  return `${method} of this address`;
}

/** The continuation token is the last key of the page before. */
function page(objects: Map<string, StoredObject>, bucket: string, prefix: string, parameters: URLSearchParams): Xml {
  const after = parameters.get('continuation-token') ?? parameters.get('start-after') ?? '';
  const size = Math.min(Number(parameters.get('max-keys') ?? mostKeysPerPage), mostKeysPerPage);
  const matching = [...objects].filter(([key]) => key.startsWith(prefix) && key > after);
  const shown = matching.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, size);
  const truncated = shown.length > 0 && shown.length < matching.length;
  return {
    Name: bucket,
    Prefix: prefix,
    MaxKeys: String(size),
    KeyCount: String(shown.length),
    IsTruncated: String(truncated),
    NextContinuationToken: truncated ? shown.at(-1)?.[0] : undefined,
    Contents: shown.map(([key, { body, modifiedAt }]) => ({
      Key: key,
      LastModified: new Date(modifiedAt).toISOString(),
      ETag: etag(body),
      Size: String(body.length),
      StorageClass: 'STANDARD',
    })),
  };
}

const etag = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

/** The object's bytes; a body in `aws-chunked` encoding is `<hex size>[;extension]\r\n<bytes>\r\n…0\r\n<trailers>`. */
function payloadOf({ headers, body }: HttpRequest): Buffer {
  if (!String(headers['x-amz-content-sha256']).startsWith('STREAMING-')) return body;
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at);
    const size = parseInt(body.toString('latin1', at, end), 16);
    if (end < 0 || !(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
