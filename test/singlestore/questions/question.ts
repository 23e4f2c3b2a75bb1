import type { Bench } from '../bench';

/** What was asked, as a statement or in words, and what the server said or did. Neither holds a secret. */
export type Finding = readonly [asked: string, answer: string];

/** Something about SingleStore that no public page answers. Asking it leaves nothing behind. */
export interface Question {
  readonly title: string;
  ask(bench: Bench): Promise<readonly Finding[]>;
}

/** Asks by statements: each one and what became of it. */
export async function tell(bench: Bench, ...statements: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const sql of statements) findings.push([sql, await bench.root.outcome(sql)]);
  return findings;
}
