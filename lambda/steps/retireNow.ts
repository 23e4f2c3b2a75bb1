import { askStatus, deactivateKey, restoreSecret, rotateSecret } from '../core/commands';
import { ownerOf } from '../core/definition';
import { asRotationError } from '../core/errors';
import type { Retirement } from '../core/journal';
import { iso } from '../core/time';
import { labelled, standing } from '../core/version';
import type { Invocation } from '../ports';
import { end } from './end';
import { evidenceAgainst, hasKey, type Against } from './evidence';
import { proofsOf } from './retire';
import { definitionOf, secretRecord, valueOf } from './rotation';
import { sourceFor } from './sources';

/** What became of the older key of a secret, or would. */
export interface RetireReport {
  readonly dryRun: boolean;
  /** Keys set Inactive; in a dry run, those that would be. */
  readonly retired: readonly string[];
  /** What was done, what speaks against it, and what to do: sentences. */
  readonly said: readonly string[];
}

/**
 * Ends the older key of a secret without waiting until it is due, on the same evidence: no link may hold it, no label stands on
 * it again, and it was not used since the switch. A rotation that is pending is no obstacle: should it fail, links go back to
 * AWSCURRENT, never to the key before it.
 *
 * @throws SECRET_NOT_CONFIGURED, SECRET_UNREADABLE, AWS_REFUSED
 */
export async function retireNow(run: Invocation, secretId: string, dryRun: boolean): Promise<RetireReport> {
  const definition = definitionOf(run, secretId);
  const { arn, deleted } = await run.secrets.describe(definition.secretId);
  const { retirements, unproven } = await secretRecord(run, arn);
  const said: string[] = [];
  const retired: string[] = [];
  const answer = { dryRun, retired, said };
  const owner = ownerOf(definition.source);
  const { keys } = sourceFor(definition.source);
  if (keys === null) {
    said.push(`The credentials of ${arn} come from ${owner}: whoever makes them there ends them there.`);
    return answer;
  }
  if (deleted) {
    said.push(
      `${arn} is scheduled for deletion, so its values, and whom its keys serve, cannot be read. No key was ended. Restore it first: ${restoreSecret(arn)}, then ask again.`,
    );
    return answer;
  }
  const waiting = retirements.filter(({ retiredAt }) => retiredAt === undefined).filter(hasKey);
  if (waiting.length === 0) {
    said.push(...(await nothingWaits(run, secretId, retirements)));
    return answer;
  }
  const refused = await refusedTo(run, unproven, said);
  for (const retirement of refused ? [] : waiting) {
    const { keyId } = retirement;
    const ended = dryRun
      ? ((await evidenceAgainst(run, definition, arn, retirement)) ?? 'retired')
      : await end(run, { definition, arn, keys, retirement });
    if (ended === 'gone') said.push(`${keyId} of ${owner} is gone already.`);
    else if (ended === 'superseded')
      said.push(`${keyId} was left as it is: somebody else was at it, or has rotated. Ask again.`);
    else if (ended !== 'retired')
      said.push(inWords(ended, keyId, owner, (told) => namedBy(told, arn, run.functionName)));
    else {
      retired.push(keyId);
      said.push(
        `${keyId} of ${owner} ${dryRun ? 'would be' : 'was'} set Inactive: no link may hold it, and it was not used since ${iso(retirement.switchedAt)}, as far as IAM knows (its report lags by up to hours). The next rotation deletes it.`,
      );
    }
  }
  return answer;
}

/** Pipelines that have not loaded since the switch keep the old key alive when the new one is refused to them. */
async function refusedTo(run: Invocation, unproven: Parameters<typeof proofsOf>[1], said: string[]): Promise<boolean> {
  try {
    const { refused } = await proofsOf(run, unproven);
    if (refused.length > 0)
      said.push(
        `The source refuses the current credentials to ${refused.join(', ')}: the older key is kept, because it may have to serve once more. Mend what the current credentials may do at the source, then ask again.`,
      );
    return refused.length > 0;
  } catch (thrown) {
    said.push(
      `Whether all pipelines load with the current credentials cannot be told: ${asRotationError(thrown).message}`,
    );
    return true;
  }
}

function inWords(
  { what, fields, revived }: Against,
  keyId: string,
  owner: string,
  labelled: (told: string) => string,
): string {
  const listed = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const named = (value: unknown): string => listed(value).join(', ') || 'unknown';
  const left = revived ? 'was set Inactive, and made Active again' : 'was left as it is';
  switch (what) {
    case 'old-key-held':
      return `${keyId} ${left}: links may still hold it (${named(fields['links'])}; unknown: a link has no record yet). ${String(fields['note'])} A rotation gives every link a new key.`;
    case 'old-key-labelled':
      return `${keyId} ${left}. ${listed(fields['labels']).map(labelled).join(' ')} Then ask again.`;
    case 'old-key-still-used':
      return `${keyId} ${left}: it was used at ${String(fields['lastUsed'])} for ${String(fields['service'])} in ${String(fields['region'])}, after the links had got the next one, so something else uses it. Give that other credentials. If it is nobody of yours, end it at once, which can be taken back: ${deactivateKey(owner, keyId)}`;
  }
}

/** Whose label names a key, and what takes it away. @param told by the evidence: a label of another secret stands before that secret, `AWSCURRENT of arn:…` */
function namedBy(told: string, own: string, functionName: string | null): string {
  const [, labels = told, other] = /^(.*) of (\S+)$/.exec(told) ?? [];
  const whose = other ?? own;
  const names = `${labels} of ${whose} ${other === undefined ? 'stands on it again' : 'names it, too'}.`;
  if (labels.split(',').includes('AWSCURRENT'))
    return `${names} Rotate ${other === undefined ? 'it' : 'that one'} first: ${rotateSecret(whose)}.`;
  return `${names} ${labels === 'AWSPENDING' ? 'Let that rotation end' : 'Take that away'} first; how it stands: ${askStatus(functionName, whose)}.`;
}

/** Why there is nothing to end: and which key it may be that has leaked. */
async function nothingWaits(
  run: Invocation,
  secretId: string,
  retirements: readonly Retirement[],
): Promise<readonly string[]> {
  const definition = definitionOf(run, secretId);
  const secret = await run.secrets.describe(definition.secretId);
  const current = labelled(secret, 'AWSCURRENT');
  const value = current === null ? null : await valueOf(run, secret.arn, current);
  const keyId = value === null ? undefined : sourceFor(definition.source).keyId(value.fields);
  const pending = labelled(secret, 'AWSPENDING');
  const done = retirements.flatMap((one) =>
    one.keyId === undefined ? [] : `${one.keyId} was set Inactive at ${iso(one.retiredAt ?? one.dueAt)} already.`,
  );
  const running = pending !== null && standing(secret, pending) === 'pending';
  return [
    ...done,
    `No older key of ${ownerOf(definition.source)} waits to be ended. If the key that has leaked is AWSCURRENT (${keyId ?? 'none yet'}), ${running ? `let the rotation that is pending (version ${pending}) end, or see "status" why it does not` : `rotate first: ${rotateSecret(secret.arn)}`}; then ask again.`,
  ];
}
