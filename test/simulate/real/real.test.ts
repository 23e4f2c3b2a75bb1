import { realKills, type ScenarioFigures } from './kills';

jest.setTimeout(120_000); // processes and sockets in real time: a busy machine is slow, not wrong

const sum = (figures: readonly ScenarioFigures[], of: 'kills' | 'missed'): number =>
  figures.reduce((total, each) => total + each[of], 0);

test('the function is killed around everything that a rotation changes, and neither the retry nor the watchdog leaves anything behind', async () => {
  const figures = await realKills({ only: ['usual'], every: 41, forMs: 12_000, lanes: 2 });
  expect(figures.flatMap(({ violations }) => violations)).toEqual([]);
  expect(sum(figures, 'kills')).toBeGreaterThan(sum(figures, 'missed'));
});
