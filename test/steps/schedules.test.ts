import fc from 'fast-check';
import { recover } from '../../lambda/steps/recover';
import type { Fault } from '../support/points';
import { createWorld } from '../support/world';
import { rotateWithRetries, violations } from './driving';

/** Up to four faults anywhere in a rotation with its retries. A failure prints the seed and path that replay it, and is shrunk. */
const schedule = (points: number) =>
  fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: points }),
      fc.constantFrom<Fault>('not-sent', 'refused', 'lost', 'late', 'dies-before', 'dies'),
    ),
    { minLength: 1, maxLength: 4 },
  );
const numRuns = 300;

test(
  'several faults in one rotation and its retries: it ends well and nothing stays paused',
  () =>
    fc.assert(
      fc.asyncProperty(schedule(260), async (faults) => {
        const world = createWorld();
        world.faults = new Map(faults);
        const errors: unknown[] = [];
        expect(await rotateWithRetries(world, world.startRotation(), errors, 6)).toBe(true);
        world.faults = new Map();
        await world.pass(60_000);
        expect((await world.run(recover)).failures).toEqual([]);
        expect(violations(world, errors)).toEqual([]);
      }),
      { numRuns },
    ),
  60_000,
);

test(
  'several faults while the source refuses the new key to the pipelines: everything ends on the old one and runs',
  () =>
    fc.assert(
      fc.asyncProperty(
        schedule(500),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        async (faults, watchdog) => {
          const world = createWorld();
          const version = world.startRotation();
          const old = world.linkKeyId('analytics', 'analytics_link');
          const planned = new Map(faults);
          let refused: string | undefined;
          let trying = false;
          // it is taken while it is tried, and refused to the pipelines from the first START on
          world.keys.deny((keyId) => keyId === refused && !trying);
          world.faults = (point, name) => {
            trying = name.startsWith('trials.');
            if (name === 'lane.start') refused = world.secretValue(version)?.['aws_access_key_id'];
            return planned.get(point);
          };
          const errors: unknown[] = [];
          for (const passes of watchdog) {
            await rotateWithRetries(world, version, errors, 1);
            await world.pass(40_000);
            if (passes) await world.run(recover).catch((error: unknown) => errors.push(error));
          }
          world.faults = new Map();
          trying = false;
          for (let minute = 0; minute < 3; minute += 1) {
            await world.pass(61_000);
            await world.run(recover);
          }
          expect(violations(world, errors)).toEqual([]);
          expect(world.linkKeyId('analytics', 'analytics_link')).toBe(old);
          expect(world.label('AWSCURRENT')).not.toBe(version);
        },
      ),
      { numRuns },
    ),
  60_000,
);
