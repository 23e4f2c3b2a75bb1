import { Credentials } from '../../lambda/core/credentials';
import { waitUntilAccepted } from '../../lambda/steps/sources/trials';
import type { Trial } from '../../lambda/ports';
import { createWorld } from '../support/world';
import { failure } from './driving';

const key = { keyId: 'AKIAEXAMPLE', secret: new Credentials('cAnArY') };
const bucket = { bucket: 'b', prefix: '' };
const yes: Trial = { is: 'accepted' };
const no: Trial = { is: 'unaccepted' };

/** Waits for at most a minute while the bucket gives these answers, then always yes. @returns how often it was asked */
async function asked(answers: Trial[]): Promise<number> {
  const world = createWorld();
  let times = 0;
  const list = (): Promise<Trial> => {
    times += 1;
    return Promise.resolve(answers.shift() ?? yes);
  };
  await world.run((run) =>
    waitUntilAccepted(
      { ...run, trials: { identity: () => Promise.resolve(yes), list } },
      key,
      null,
      [bucket],
      run.clock.now() + 60_000,
    ),
  );
  return times;
}

test.each<[string, Trial[], number]>([
  ['at once', [], 2],
  ['one yes between two noes does not count', [no, yes, no], 5],
  ['yes and no in turn do not add up', [yes, no, yes, no, yes, no], 8],
])('a key is accepted after two rounds of yes in a row: %s', async (_, answers, times) => {
  expect(await asked(answers)).toBe(times);
});

test('a place that never gives a verdict is left out after five rounds, and one that says no is not', async () => {
  const silent: Trial = { is: 'unreachable', why: 'TimeoutError' };
  expect(await asked(Array.from({ length: 20 }, () => silent))).toBe(5);
  const error = await failure(asked(Array.from({ length: 1_000 }, () => no)));
  expect(error).toMatchObject({ code: 'CREDENTIALS_NOT_ACCEPTED' });
  expect(error.message).toContain('s3://b/ (unaccepted)');
});
