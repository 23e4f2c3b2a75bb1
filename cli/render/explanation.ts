import type { Explanation } from '../../lambda/core/status';
import { bad, table, verbatim } from './lines';
import { few } from './many';
import { logPlace } from './logPlace';
import type { Paper } from './paper';
import { age, readable } from './words';

/** A stuck secret in words; the command and the place of the log stand on lines of their own, unbroken, to be copied. @param all of what is left behind @param told what was said before: not again */
export function explained(
  explanation: Explanation | null,
  at: string,
  paper: Paper,
  all: boolean,
  told?: string,
): readonly string[] {
  if (explanation === null) return [];
  const { since, step, code, why, leftBehind, next, command, afterMending, logs } = explanation;
  const pending = since === null ? '' : `, pending for ${age(since, at)}`;
  const where = step === null ? code : code === null ? `in ${step}` : `in ${step}: ${code}`;
  const rows: readonly (readonly [string, string])[] = [
    ['stuck', `${where ?? 'no step is known to have failed'}${pending}`],
    ...(why === told ? [] : [['why', readable(why)] as const]),
    ['by itself', readable(next)],
    ...few(leftBehind, all).map((sentence, index) => [index === 0 ? 'left behind' : '', readable(sentence)] as const),
  ];
  const widest = Math.max(...rows.map(([name]) => name.length));
  const copied = { [afterMending ? 'once mended' : 'mend it']: command, logs: logs === null ? null : logPlace(logs) };
  return [
    ...table(
      paper,
      rows.map(([name, text]) => [bad(name.padEnd(widest)), text]),
    ),
    ...Object.entries(copied).flatMap(([name, text]) =>
      text === null ? [] : verbatim(paper, bad(name.padEnd(widest)), text),
    ),
  ];
}
