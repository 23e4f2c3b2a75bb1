import { qualified } from '../../lambda/core/names';
import { plan, type Plan } from '../../lambda/steps/plan';
import { analyticsLink, clusterId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { onLink } from './driving';

const planned = (world: MemoryWorld): Promise<Plan> => world.run((run) => plan(run, run.definitions[0]!));
const other = qualified('sales', 'other_link');
const world = (): MemoryWorld =>
  createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [
          onLink('orders'),
          onLink('archive', { state: 'Stopped' }),
          { name: qualified('sales', 'inline'), link: null, path: 'sales/*' },
          { name: qualified('sales', 'elsewhere'), link: other },
        ],
      },
    },
  });

test('a plan names what would be paused, and what not', async () => {
  const { links, blockers } = await planned(world());
  expect(blockers).toEqual([]);
  expect(links.map(({ link, pipelines }) => [link, pipelines])).toEqual([
    [
      analyticsLink,
      [
        { pipeline: qualified('analytics', 'orders'), state: 'Running', paused: true },
        { pipeline: qualified('analytics', 'archive'), state: 'Stopped', paused: false },
      ],
    ],
  ]);
});

describe('not covered', () => {
  test('are pipelines with credentials of their own, in any state, and none that read through a link', async () => {
    const { uncovered } = await planned(world());
    expect(uncovered).toEqual([
      {
        cluster: clusterId,
        object: qualified('sales', 'inline'),
        why: expect.stringMatching(/^a pipeline \(Running\) with its own S3 source/) as string,
      },
    ]);
  });

  test('are functions that call through a rotated link, and none of another link', async () => {
    const found = world();
    found
      .server()
      .functions.push(
        { name: qualified('sales', 'classify'), link: analyticsLink },
        { name: qualified('sales', 'translate'), link: other },
      );
    const { uncovered } = await planned(found);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      qualified('sales', 'classify'),
    ]);
    expect(uncovered[1]?.why).toContain(analyticsLink);
  });

  test('is a database whose pipelines this user may not see; it blocks nothing', async () => {
    const found = world();
    found
      .server()
      .links.set(qualified('hr', 'l'), { ...found.link('sales', 'other_link'), name: qualified('hr', 'l') });
    found.server().lacking.add('SHOW PIPELINE ON hr');
    const { uncovered, blockers } = await planned(found);
    expect(blockers).toEqual([]);
    expect(uncovered.map(({ object }) => object)).toEqual([qualified('sales', 'inline'), '`hr`']);
    expect(uncovered[1]?.why).toContain('SHOW PIPELINE ON hr');
  });

  test('is a pipeline whose link differs by the case of its letters', async () => {
    const found = world();
    found.server().add(onLink('odd', { link: qualified('analytics', 'Analytics_Link'), state: 'Stopped' }));
    const { uncovered, blockers } = await planned(found);
    expect(blockers).toEqual([]);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      qualified('analytics', 'odd'),
    ]);
  });

  test('is what could not be looked at: that is said', async () => {
    const found = world();
    found.server().tells = false;
    const { uncovered } = await planned(found);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      '`analytics`, `sales`, databases without a pipeline in sight',
    ]);
  });
});
