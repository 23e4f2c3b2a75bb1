import { createWorld } from '../../support/world';
import type { Scenario } from '../play';
import { onLink, small } from './worlds';

/** A rotation that nobody disturbs, of every size and kind. */
export const rotations: readonly Scenario[] = [
  { name: 'one pipeline', main: true, world: () => small(), play: (stage) => stage.rotate() },
  { name: 'four pipelines of two databases', world: () => createWorld(), play: (stage) => stage.rotate() },
  { name: 'no pipeline', world: () => small([]), play: (stage) => stage.rotate() },
  { name: 'two pipelines', world: () => small([onLink('a'), onLink('b')]), play: (stage) => stage.rotate() },
];
