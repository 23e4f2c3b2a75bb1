import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { startAws } from '../standins/aws/server';

/** A bucket that the cluster can load from. */
export interface Source {
  /** Where the cluster finds it. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What a link on this bucket must hold. */
  readonly credentials: { readonly aws_access_key_id: string; readonly aws_secret_access_key: string };
  /** Writes an object under the prefix that is this run's own. @returns its path in the bucket */
  put(name: string, text: string): Promise<string>;
  /** Removes what `put` has written. */
  close(): Promise<void>;
}

/** Why nothing can be loaded on a cluster that is not the stand-in; undefined when something can. */
export function whyNoSource(env: NodeJS.ProcessEnv): string | undefined {
  if (env['SINGLESTORE_URL'] === undefined) return undefined; // the stand-in brings its own
  const missing = [
    'SINGLESTORE_S3_ENDPOINT',
    'SINGLESTORE_S3_BUCKET',
    'SINGLESTORE_S3_ACCESS_KEY_ID',
    'SINGLESTORE_S3_SECRET_ACCESS_KEY',
  ].filter((name) => env[name] === undefined);
  return missing.length === 0 ? undefined : `${missing.join(', ')} not set: there is nothing to load from`;
}

/**
 * The bucket that the environment names. `SINGLESTORE_S3_LOCAL_ENDPOINT` is for a store that has another address here
 * than in the cluster's network; `SINGLESTORE_S3_REGION` defaults to us-east-1.
 */
export function givenSource(env: NodeJS.ProcessEnv): Source {
  const of = (name: string) => env[`SINGLESTORE_S3_${name}`] ?? '';
  const [endpoint, bucket, region] = [of('ENDPOINT'), of('BUCKET'), of('REGION') || 'us-east-1'];
  const key = { accessKeyId: of('ACCESS_KEY_ID'), secretAccessKey: of('SECRET_ACCESS_KEY') };
  const local = of('LOCAL_ENDPOINT') || endpoint;
  const client = new S3Client({ endpoint: local, region, credentials: key, forcePathStyle: true });
  const prefix = `link-rotation-${randomUUID()}`;
  const written: string[] = [];
  return {
    endpoint,
    region,
    bucket,
    credentials: { aws_access_key_id: key.accessKeyId, aws_secret_access_key: key.secretAccessKey },
    async put(name, text) {
      const Key = `${prefix}/${name}`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: text }));
      written.push(Key);
      return Key;
    },
    async close() {
      for (const Key of written) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      client.destroy();
    },
  };
}

/** A bucket of the AWS stand-in, which checks signatures. */
export async function standInSource(): Promise<Source> {
  const aws = await startAws();
  const [bucket, userName] = ['lake', 'ingest'];
  aws.s3.createBucket(bucket);
  aws.iam.createUser(userName, ({ permission }) => permission.startsWith('s3:'));
  const { accessKeyId, secretAccessKey } = aws.iam.createAccessKey(userName);
  return {
    endpoint: aws.endpoint,
    region: aws.region,
    bucket,
    credentials: { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey },
    put(name, text) {
      aws.s3.putObject(bucket, name, text);
      return Promise.resolve(name);
    },
    close: () => aws.stop(),
  };
}
