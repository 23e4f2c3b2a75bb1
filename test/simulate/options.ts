import { parseArgs } from 'node:util';
import { printFailing } from './schedule';

export const help = `Plays rotations whose calls fail, hang and die, in a time of its own, and checks after each call what must hold.

  npm run simulate                          10000 random schedules
  npm run simulate -- --seeds 500 --from 7  so many, from that seed on
  npm run simulate -- --seed 42             one, with its story
  npm run simulate -- --all                 each call of each scenario fails in turn, and each two; of the smallest each three
  npm run simulate -- --all --depth 1       only each one; --main: of the main scenarios alone
  npm run simulate -- --play 'NAME' --at '3 refused'
                                            one scenario with these faults, with its story; without --at nothing fails
  npm run simulate -- --real                kills the built function at every request, over sockets
  npm run simulate -- --help                this text

The exit code is 0 when every invariant held, 1 when one did not, 2 when an option is wrong.`;

const text = { type: 'string' } as const;
const options = {
  help: { type: 'boolean', short: 'h' },
  all: { type: 'boolean' },
  main: { type: 'boolean' },
  sampled: { type: 'boolean' },
  real: { type: 'boolean' },
  seeds: text,
  seed: text,
  from: { ...text, default: '1' },
  play: text,
  at: { ...text, default: printFailing(new Map()) },
  depth: text,
} as const;

export type Options = ReturnType<typeof parsed>;

const parsed = (args: readonly string[]) => parseArgs({ args: [...args], options }).values;

/** @returns what is wrong with them, with the help behind it, when an option is unknown, without its value, or no number where it is to be one */
export function readOptions(args: readonly string[]): Options | string {
  const wrong = (what: string): string => `${what}\n\n${help}`;
  try {
    const values = parsed(args);
    const odd = (['seeds', 'seed', 'from', 'depth'] as const).find((name) => !/^\d+$/.test(values[name] ?? '1'));
    return odd === undefined ? values : wrong(`--${odd} must be a whole number, got '${values[odd] ?? ''}'`);
  } catch (error) {
    // its first sentence; the others are about arguments that begin with a dash
    return wrong(String((error as Error).message.split(/\. |\n/)[0]));
  }
}
