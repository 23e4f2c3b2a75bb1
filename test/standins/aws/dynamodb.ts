import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from './iam';
import { AwsError, jsonError, jsonOperation, type HttpRequest, type Reply, type Service } from './wire';

export interface DynamoDb {
  readonly service: Service<Principal>;
  createTable(schema: CreateTableCommandInput): Promise<void>;
  stop(): Promise<void>;
}

/** DynamoDB in memory: dynalite, behind the same front as the other services, which checks signatures and injects faults. */
export async function startDynamoDb(region: string): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'set-up', secretAccessKey: 'set-up' };
  const client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${String(port)}`, region, credentials });
  return {
    service: {
      operation: (request) => jsonOperation('dynamodb', 'TableName', request),
      run: (_, request) => forward(request, port),
      refuse: jsonError,
    },
    async createTable(schema) {
      await client.send(new CreateTableCommand(schema));
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** @throws AwsError with dynalite's own code and message if it refuses the request. */
async function forward({ method, path, headers, body }: HttpRequest, port: number): Promise<Reply> {
  const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }).end(body);
  const [incoming] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const answer = Buffer.concat(chunks);
  if (incoming.statusCode === 200)
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: answer };
  const { __type = '', message = '' } = JSON.parse(answer.toString()) as { __type?: string; message?: string };
  throw new AwsError(__type.split('#').at(-1) ?? '', message, incoming.statusCode);
}
