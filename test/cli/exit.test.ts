import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SecretStatus } from '../../lambda/core/status';
import { main } from '../../cli/program';
import { plain, secret, status } from './given';

/** What a function answers to each action, over its API. */
const answers: Record<string, unknown> = {};
const api = createServer((request, response) => {
  void text(request).then((event) => {
    response.end(JSON.stringify(answers[(JSON.parse(event) as { action: string }).action]));
  });
});

beforeAll(async () => {
  await once(api.listen(0, '127.0.0.1'), 'listening');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' },
  });
});
afterAll(async () => {
  api.closeAllConnections();
  await once(api.close(), 'close');
});

const nothing = { resumed: [], settled: [], retired: [], started: [], leftPaused: [], failures: [] };

/** Recovers where nothing was to be done, and the status is as given. */
async function recovered(found: SecretStatus, ...options: readonly string[]) {
  Object.assign(answers, { recover: nothing, status: status(found) });
  const out: string[] = [];
  const exit = await main(['node', 'tool', 'recover', '--function', 'f', ...options], {
    ...{ env: {}, paper: plain(80), out: (text) => out.push(text), err: () => undefined, moving: null },
    ...{ now: () => 0, sleep: () => Promise.resolve() },
  });
  return { exit, out: out.join('\n') };
}

const stuck = {
  ...{ since: null, version: null, step: null, code: 'KEY_QUOTA', why: 'full.', leftBehind: [], next: '' },
  ...{ command: 'mend it', afterMending: true, logs: null },
};

test.each([[], ['--json'], ['--dry-run']])(
  'what recover does not mend is no good end of it, %s',
  async (...options) => {
    expect((await recovered(secret(), ...options)).exit).toBe(0);
    for (const odd of [secret({ stuck }), secret({ drift: ['they disagree'] })])
      expect((await recovered(odd, ...options)).exit).toBe(1);
    expect(JSON.parse((await recovered(secret({ stuck }), '--json')).out)).toEqual(nothing);
  },
);
