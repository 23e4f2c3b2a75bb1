import { sweep } from '../../lambda/steps/bracket/sweep';
import type { Lane, Outcome } from '../../lambda/ports';
import type { QualifiedName } from '../../lambda/core/names';
import { VirtualClock } from '../support/clock';

const done: Outcome = { is: 'done' };
const names = ['`a`.`p1`', '`a`.`p2`', '`a`.`p3`'] as unknown as QualifiedName[];
const lane = (connectionId: number): Lane => ({ connectionId, alive: true }) as Lane;

test('nothing is sent behind the end of a round, however long its guard took', async () => {
  const clock = new VirtualClock(0);
  const sent: QualifiedName[] = [];
  const round = sweep(
    [lane(1), lane(2)],
    names,
    (_, pipeline) => {
      sent.push(pipeline);
      return Promise.resolve(done);
    },
    { before: () => clock.sleep(30_000), tick: () => Promise.resolve(), until: clock.now() + 10_000, clock },
  );
  const { outcomes, unanswered } = await clock.run(round);
  await clock.run(clock.sleep(60_000));
  expect([sent, [...outcomes], unanswered]).toEqual([[], [], []]);
});
