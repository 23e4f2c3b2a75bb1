import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { leaksIn } from '../../standins/demo/leaks';
import { openTap, quotedForms } from './outputs';

const canary = `ca"na'ry\\s%2B\`+/rd=`;
const json = (value: string): string => JSON.stringify({ value });
const sql = (value: string): string => `SET '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

test.each<[string, string]>([
  ['raw', canary],
  ['JSON', json(canary)],
  ['JSON in JSON', json(json(canary))],
  ['SQL with backslashes', sql(canary)],
  ['SQL with doubled quotes', `SET '${canary.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`],
  ['JSON in SQL', sql(json(canary))],
  ['a URL', encodeURIComponent(json(canary))],
  ['base64', Buffer.from(`a${json(canary)}`).toString('base64')],
  ['base64 of SQL', Buffer.from(sql(json(canary))).toString('base64')],
])('a secret is found as %s', (_, text) => {
  expect(leaksIn([`before ${text} after`], quotedForms(canary))).not.toEqual([]);
  expect(leaksIn([`before ${text.slice(0, 8)} after`], quotedForms(canary))).toEqual([]);
});

test('every request to AWS is read on its way, but for the one that stores a value', async () => {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tap = await openTap();
  tap.to(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const send = (action: string, body: string): Promise<unknown> =>
    fetch(tap.env['AWS_ENDPOINT_URL_IAM']!, { method: 'POST', headers: { 'x-amz-target': action }, body });
  await send('DynamoDB_20120810.PutItem', 'an item\r\n'.repeat(20_000));
  await send('secretsmanager.PutSecretValue', 'a value');
  await send('secretsmanager.DescribeSecret', 'a name');
  const requests = tap.requests().join('');
  expect(requests.match(/an item/g)).toHaveLength(20_000);
  expect(requests).toContain('a name');
  expect(requests).not.toContain('a value');
  tap.forget();
  expect(tap.requests()).toEqual([]);
  tap.close();
  server.close();
  server.closeAllConnections();
});
