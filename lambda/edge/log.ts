import type { Log, LogFields } from '../ports';

const levels = ['INFO', 'WARN', 'ERROR'] as const;
type Level = (typeof levels)[number];

/** Writes a line, its end included, to standard output. */
export const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * The log: one JSON line for each action.
 *
 * @param level INFO, WARN or ERROR, in any case of letters; anything else means INFO, so that a typing error hides nothing
 * @param now epoch milliseconds
 */
export function openLog(level: string | undefined, now: () => number, write = writeLine): Log {
  const lowest = levels.findIndex((known) => known === level?.toUpperCase());
  const at =
    (own: Level) =>
    (action: string, fields?: LogFields): void => {
      if (levels.indexOf(own) < lowest) return;
      write(JSON.stringify({ level: own, action, time: new Date(now()).toISOString(), ...fields }));
    };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}
