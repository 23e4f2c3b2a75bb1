import { join } from 'node:path';
import { realKills } from './kills';

jest.setTimeout(300_000); // processes and sockets in real time: a busy machine is slow, not wrong

test('the function is killed around everything that a rotation changes, and neither the retry nor the watchdog leaves anything behind', async () => {
  const atLeast = 10; // each stop, change and start of the pause, retried and recovered
  const [figures] = await realKills({ only: ['usual'], every: 41, forMs: 5_000, atLeast, lanes: 2 });
  expect(figures).toMatchObject({ scenario: 'usual', violations: [], missed: 0 });
  expect(figures?.kills).toBeGreaterThanOrEqual(atLeast);
  for (const change of [/STOP PIPELINE/, /ALTER LINK/, /START PIPELINE/])
    expect(figures?.killedAt).toContainEqual(expect.stringMatching(change));
});

test('a function that prints a secret is found out', async () => {
  const bundle = join(__dirname, 'leaking.cjs');
  const [figures] = await realKills({ only: ['mirror'], every: 41, forMs: 0, lanes: 1, bundle });
  expect(figures?.violations).toContainEqual(expect.stringContaining('a secret stands in the log'));
});
