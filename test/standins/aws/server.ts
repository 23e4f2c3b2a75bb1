import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startDynamoDb } from './dynamodb';
import { Iam, type Principal } from './iam';
import { LambdaFunctions, type Call } from './lambda';
import { S3 } from './s3';
import { SecretsManager } from './secretsManager';
import { Sns } from './sns';
import { claimOf, verify, type Claim } from './sigv4';
import { stsService } from './sts';
import { AwsError, type HttpRequest, type Operation, type Reply, type Service } from './wire';

const accountId = '111122223333';
const region = 'us-east-1';

/** A request as the log and the fault hook see it: names, never values. */
export interface RequestInfo extends Operation {
  /** Epoch ms by `now`. */
  readonly at: number;
  /** As in the credential scope: `secretsmanager`, `iam`, `sts`, `s3`, `dynamodb`, `sns` or `lambda`. */
  readonly service: string;
  readonly region: string;
  readonly accessKeyId: string;
}

export interface LoggedRequest extends RequestInfo {
  /** What became of it: `ok`, the error code, or `dropped` if it never took effect. */
  readonly outcome: string;
  /** False if the connection was cut in place of an answer. */
  readonly answered: boolean;
}

/**
 * - `drop-before`: the connection is cut, nothing has happened
 * - `drop-after`: the request takes effect, then the connection is cut
 * - `{ status, code }`: refused with that error, nothing has happened
 * - `{ delayMs }`: takes effect and is answered after so many ms of real time
 */
export type Fault =
  | 'ok'
  | 'drop-before'
  | 'drop-after'
  | { readonly status: number; readonly code: string }
  | { readonly delayMs: number };

export interface AwsOptions {
  /** Epoch ms. @default Date.now */
  readonly now?: () => number;
  /** How long a new access key stays unknown, in ms by `now`. @default 0 */
  readonly propagationMs?: number;
  readonly onRequest?: (request: RequestInfo) => Fault | Promise<Fault>;
  /** Awaited when a request has had its effect, or was refused, before its answer leaves. */
  readonly onAnswer?: (request: RequestInfo) => unknown;
}

export interface Aws {
  /** All services answer here; which one is meant is in the signature. */
  readonly endpoint: string;
  /** The same server: named for whoever configures DynamoDB alone. */
  readonly dynamoEndpoint: string;
  /** What the SDK reads to come here with the role's credentials. */
  readonly env: Record<string, string>;
  readonly accountId: string;
  readonly region: string;
  readonly iam: Iam;
  readonly secrets: SecretsManager;
  readonly s3: S3;
  readonly sns: Sns;
  /** What Invoke reaches, by its name. */
  readonly functions: Map<string, Call>;
  /** In the order in which they took effect. */
  readonly requests: readonly LoggedRequest[];
  createJournalTable(schema: CreateTableCommandInput): Promise<void>;
  stop(): Promise<void>;
}

/** AWS on a free port of 127.0.0.1: Secrets Manager, IAM, STS, S3, DynamoDB, SNS and Lambda's Invoke, with real signatures and state in memory. */
export async function startAws({
  now = Date.now,
  propagationMs = 0,
  onRequest = () => 'ok',
  onAnswer,
}: AwsOptions = {}): Promise<Aws> {
  const iam = new Iam(accountId, now, propagationMs);
  const secrets = new SecretsManager(accountId, region, now);
  const s3 = new S3(now);
  const sns = new Sns();
  const lambda = new LambdaFunctions();
  const dynamo = await startDynamoDb(region);
  const services: Partial<Record<string, Service<Principal>>> = {
    iam: iam.service,
    sts: stsService(accountId),
    s3: s3.service,
    secretsmanager: secrets.service,
    dynamodb: dynamo.service,
    sns: sns.service,
    lambda: lambda.service,
  };
  const requests: LoggedRequest[] = [];

  /** Who it is, whether they may, and the effect. The first error wins, in AWS's order: key, signature, permission, operation. */
  async function perform(service: Service<Principal>, operation: Operation, request: HttpRequest, claim: Claim) {
    const { principal, secretAccessKey } = iam.identify(claim.accessKeyId);
    verify(request, claim, secretAccessKey);
    if (principal.type === 'user') principal.key.lastUsed = { at: now(), service: claim.service, region: claim.region };
    await iam.authorize(principal, operation);
    return service.run(operation, request, principal);
  }

  /** @returns undefined if the caller is to get no answer. */
  async function answer(request: HttpRequest): Promise<Reply | undefined> {
    const claim = claimOf(request);
    const service = services[claim?.service ?? ''];
    if (claim === undefined || service === undefined)
      return s3.service.refuse(
        new AwsError('AccessDenied', 'The request is not signed for a known service.', 403),
        request,
      );
    const { accessKeyId } = claim;
    const operation = service.operation(request);
    const info = { at: now(), service: claim.service, region: claim.region, accessKeyId, ...operation };
    const fault = await onRequest(info);
    const log = (outcome: string, answered = true) => requests.push({ ...info, outcome, answered });
    if (fault === 'drop-before') {
      log('dropped', false);
      return undefined;
    }
    if (typeof fault === 'object' && 'delayMs' in fault) await delay(fault.delayMs);
    const answered = fault !== 'drop-after';
    try {
      if (typeof fault === 'object' && 'code' in fault) throw new AwsError(fault.code, 'Injected fault.', fault.status);
      const reply = await perform(service, operation, request, claim);
      log('ok', answered);
      await onAnswer?.(info);
      return answered ? reply : undefined;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      log(error.code, answered);
      await onAnswer?.(info);
      return answered ? service.refuse(error, request) : undefined;
    }
  }

  const server = createServer((incoming, response) => {
    readRequest(incoming)
      .then(answer)
      .catch((defect: unknown): Reply => ({ status: 500, headers: {}, body: String((defect as Error).stack) }))
      .then((reply) => {
        if (reply === undefined) response.destroy();
        else
          response
            .writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
            .end(reply.body);
      })
      .catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    endpoint,
    dynamoEndpoint: endpoint,
    env: {
      ...Object.fromEntries(
        ['SECRETS_MANAGER', 'IAM', 'STS', 'S3', 'DYNAMODB', 'SNS', 'LAMBDA'].map((name) => [
          `AWS_ENDPOINT_URL_${name}`,
          endpoint,
        ]),
      ),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: iam.role.accessKeyId,
      AWS_SECRET_ACCESS_KEY: iam.role.secretAccessKey,
    },
    accountId,
    region,
    iam,
    secrets,
    s3,
    sns,
    functions: lambda.functions,
    requests,
    createJournalTable: (schema) => dynamo.createTable(schema),
    async stop() {
      server.close();
      server.closeAllConnections();
      await dynamo.stop();
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?');
  return { method: incoming.method ?? '', path, query, headers: incoming.headers, body: Buffer.concat(chunks) };
}
