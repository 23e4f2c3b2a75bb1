import type { MemoryPipeline } from '../support/memoryPipelines';
import { userName } from '../support/scenario';
import { play, type Scenario } from './play';
import { scenarioOf } from './scenarios';
import type { Stage } from './stage';

/** A rotation in which something goes wrong that the function does not do: whoever watches must say so. */
const sabotaged = (act: (stage: Stage) => void): Scenario => ({
  ...scenarioOf('pipelines in every state'),
  play: (stage) => {
    stage.before('lane.alter', 1, () => {
      act(stage);
    });
    return stage.rotate();
  },
});
const found = async (scenario: Scenario): Promise<readonly string[]> =>
  (await play(scenario, new Map())).violations.map(({ invariant }) => invariant);

const some = ({ world }: Stage, which: (pipeline: MemoryPipeline) => boolean): MemoryPipeline =>
  world.pipelines().find(which)!;
/** By a connection of the function. */
const ours = ({ world }: Stage): number => world.server().processList()[0]!;
const current = ({ world }: Stage) => world.keys.key(world.firstKeys[0] ?? '');

test('a rotation that nobody sabotages breaks nothing', async () => {
  expect(await found(sabotaged(() => undefined))).toEqual([]);
});

test.each<[string, string, (stage: Stage) => void]>([
  ['c', 'the key of AWSCURRENT is Inactive by us', (stage) => (current(stage).active = false)],
  [
    'd',
    'a pipeline is stopped by us that the journal does not name',
    (stage) => {
      stage.world.server().set(
        some(stage, ({ name }) => name.includes('returns')),
        'Stopped',
        ours(stage),
      );
    },
  ],
  [
    'e',
    'a pipeline is started by us that people had stopped',
    (stage) => {
      stage.world.server().set(
        some(stage, ({ name }) => name.includes('archive')),
        'Running',
        ours(stage),
      );
    },
  ],
  ['f', 'a key of ours is left over', ({ world }) => (world.keys.add(userName, world.clock.now()), undefined)],
  [
    'g',
    'a secret is logged',
    ({ world }) => {
      world.logs.push({ level: 'info', action: 'told', fields: { secret: world.canaries[0] ?? '' } } as never);
    },
  ],
  ['i', 'a statement with a secret could not be parsed', ({ world }) => world.server().unparsed.push('ALTER LINK')],
])('(%s) is said when %s', async (invariant, _, act) => {
  expect(await found(sabotaged(act))).toContain(invariant);
});
