import type { Explanation } from '../../lambda/core/status';
import { bad, table, verbatim } from './lines';
import type { Paper } from './paper';
import { age, readable } from './words';

/** A stuck secret in words; the command and the address stand on lines of their own, unbroken, to be copied. @param told what was said before: not again */
export function explained(explanation: Explanation | null, at: string, paper: Paper, told?: string): readonly string[] {
  if (explanation === null) return [];
  const { since, step, why, leftBehind, next, command, logs } = explanation;
  const pending = since === null ? '' : `, pending for ${age(since, at)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['stuck', `${step === null ? 'no step is known to have failed' : `in ${step}`}${pending}`],
    ...(why === told ? [] : [['why', readable(why)] as const]),
    ...leftBehind.map((sentence, index) => [index === 0 ? 'left behind' : '', readable(sentence)] as const),
    ['by itself', next],
  ];
  const widest = Math.max(...rows.map(([name]) => name.length));
  const copied = { 'mend it': command, logs };
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
