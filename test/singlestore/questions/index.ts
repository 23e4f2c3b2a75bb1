import type { Bench } from '../bench';
import * as links from './links';
import * as pipelines from './pipelines';
import type { Finding, Question } from './question';
import * as runs from './runs';
import * as shown from './shown';
import * as workspaces from './workspaces';

/** The open questions about SingleStore, in order of what an answer is worth. */
export const questions: readonly Question[] = [
  pipelines.whileRunning,
  links.alterPrivileges,
  pipelines.configJson,
  pipelines.shownPipelines,
  runs.stopping,
  links.orReplace,
  links.keyForms,
  links.redaction,
  links.otherLinks,
  workspaces.readOnlyWorkspace,
  runs.recovery,
  shown.externalFunctions,
  workspaces.unattached,
  shown.rotatorsGrants,
  shown.definitions,
  pipelines.texts,
];

export interface Answer {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Asks every question; one that cannot be asked to its end says why in its answer. */
export async function askAll(bench: Bench): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) {
    const findings = await question.ask(bench).catch((error: unknown): readonly Finding[] => {
      return [['could not be asked to its end', error instanceof Error ? error.message : 'unknown']];
    });
    answers.push({ title: question.title, findings });
  }
  return answers;
}
