import type { Status } from '../lambda/core/status';
import type { PlanAnswer, RecoveryAnswer } from '../lambda/steps/answers';
import type { RetireReport } from '../lambda/steps/retireNow';
import { Failure } from './exit';

export type { PlanAnswer, RecoveryAnswer };

interface Answers {
  readonly plan: PlanAnswer;
  readonly status: Status;
  readonly recover: RecoveryAnswer;
  readonly retire: RetireReport;
}

/** A field by which each answer is told from that of another function. */
const marks: Readonly<Record<keyof Answers, string>> = {
  plan: 'dangers',
  status: 'secrets',
  recover: 'resumed',
  retire: 'retired',
};

/** @throws Failure when it is the answer of something else */
export function expected<K extends keyof Answers>(action: K, answer: unknown): Answers[K] {
  const fields = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(fields[marks[action]])) return answer as Answers[K];
  throw new Failure(`the answer is not that of "${action}": is it the rotation function, and of this tool's version?`);
}
