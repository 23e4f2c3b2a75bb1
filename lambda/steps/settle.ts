import { rotateSecret } from '../core/commands';
import { speaksOf, type RotationDefinition } from '../core/definition';
import { holdsOnly, linkKey, settledOn, type LinkRecord, type SecretRecord } from '../core/journal';
import { labelled, standing, type SecretDescription, type VersionId } from '../core/version';
import type { Invocation } from '../ports';
import { finishLeftovers } from './finishSecret';
import { ended, needsPerson, stepDone } from './history';
import { withLease } from './lease';
import { forgetBracket } from './former';
import { reportLeft, wasDrivenIntoError } from './leftInError';
import type { Attempt } from './recover';
import { rollBack } from './rollBack';
import { countRefusal, marksOf, secretRecord, type Rotation } from './rotation';
import { names } from './targets';
import { proveVersion } from './testSecret';

/** setSecret done and no testSecret for this long: nobody is coming. Milliseconds. */
const untestedMs = 20 * 60_000;

/** Why a link goes back to AWSCURRENT, and what was found. */
export const reasons = {
  'rollback-recorded': 'a way back was begun and not ended',
  'driven-into-error': 'the source refuses the credentials of this version, and its rotation has not gone on',
  abandoned: 'the version has lost its label: AWSPENDING was removed or a value was stored by hand',
  'not-starting': 'pipelines that were paused for this version do not start',
  'left-behind': 'another version was promoted while this link was moved back',
} as const;
type Reason = keyof typeof reasons;

/**
 * Brings links that a dead or abandoned rotation left on other credentials to where they belong.
 *
 * @param stuck keys of links whose pause is open and cannot be ended as they are.
 * @returns what was settled
 */
export async function settleSecrets(
  run: Invocation,
  attempt: Attempt,
  stuck: readonly string[],
): Promise<readonly string[]> {
  const records = (await run.table.list('link')).map(({ item }) => item);
  const settled: string[] = [];
  for (const arn of new Set(records.map(({ secretId }) => secretId))) {
    if (!attempt.mayBegin()) break;
    // without a definition nobody knows how the credentials are made up; pauses were resumed without one
    const definition = run.definitions.find((one) => speaksOf(one, arn));
    const all = records.filter(({ secretId }) => secretId === arn);
    const own = all.filter((record) => definition !== undefined && names(definition, record));
    for (const record of all)
      if (!own.includes(record)) await attempt.try(`look after ${record.link}`, () => reportLeft(run, record));
    if (definition === undefined) continue;
    await attempt.try(`settle ${arn}`, async () =>
      settled.push(...(await settleSecret(run, definition, arn, own, stuck))),
    );
  }
  return settled;
}

async function settleSecret(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  records: readonly LinkRecord[],
  stuck: readonly string[],
): Promise<readonly string[]> {
  const secret = await run.secrets.describe(arn);
  if (secret.deleted) return [];
  const now = run.clock.now();
  const isStuck = ({ cluster, link }: LinkRecord): boolean => stuck.includes(linkKey(cluster, link));
  const free = records.filter(
    (record) =>
      (record.bracket?.phase !== 'open' || isStuck(record)) && (record.lease === null || record.lease.until <= now),
  );
  const settled: string[] = [];
  const current = labelled(secret, 'AWSCURRENT');
  const known = await secretRecord(run, arn);
  const promoted = promotedOf(known, secret);
  for (const record of free) {
    const key = linkKey(record.cluster, record.link);
    if (record.bracket?.direction === 'back' && settledOn(record, record.bracket.to)) {
      // the link is back: all that is left is to forget the set
      await withLease(run, 'link', key, record, (held) => forgetBracket(run, held), 0);
      continue;
    }
    const wrong = isStuck(record)
      ? notStarting(record)
      : ((await whatIsWrong(run, record, secret, known, now)) ?? leftBehind(record, promoted, known));
    if (wrong === null) continue;
    const of = { secret, version: wrong.version };
    const found = { link: record.link, cluster: record.cluster, ...wrong };
    run.log.warn('settling', { ...found, note: `${reasons[wrong.reason]}; the link goes back to AWSCURRENT` });
    // as good as a failed proof, where there is something to go back to: a version that is refused again is given up
    const count = async (): Promise<unknown> =>
      wrong.reason === 'driven-into-error' ? countRefusal(run, arn, wrong.version) : undefined;
    const back = await rollBack({ definition, secret, version: wrong.version }, run, new Set([key])).catch(
      async (thrown: unknown) => {
        await count(); // another link may be why
        throw thrown;
      },
    );
    if (back === null) {
      run.metrics.put('RecoverFailed', 1, 'Count');
      const note = `${reasons[wrong.reason]}, and there is nothing to go back to: AWSCURRENT has no credentials that work beside these. The link keeps them. Store working credentials in the secret, then ${rotateSecret(arn)}`;
      run.log.error('cannot-settle', { ...found, note });
      await needsPerson(run, of, `link ${record.link} on ${record.cluster}: ${note}`);
      continue;
    }
    await count();
    await (wrong.reason === 'abandoned'
      ? ended(run, of, 'abandoned', `${reasons.abandoned}, while link ${record.link} on ${record.cluster} held it`)
      : stepDone(run, of));
    if (back.includes(key)) settled.push(`${key}: ${wrong.reason}`);
  }
  if (current !== null && free.some(({ bracket }) => bracket?.direction === 'forward' && bracket.to === current)) {
    await finishLeftovers({ definition, secret, version: current }, run);
    settled.push(`${arn}: promotion of ${current} finished`);
  }
  if (await proveLate(run, { definition, secret }, now)) settled.push(`${arn}: version proven late`);
  return settled;
}

/** AWSCURRENT, if it was set and proven by us. */
export function promotedOf(record: SecretRecord, secret: SecretDescription): VersionId | null {
  const current = labelled(secret, 'AWSCURRENT');
  return current !== null && marksOf(record, current).testedAt !== undefined ? current : null;
}

/** Why a link whose pause is over is to go back to AWSCURRENT, if it is. Reads only. */
export async function whatIsWrong(
  run: Invocation,
  record: LinkRecord,
  secret: SecretDescription,
  { superseded }: SecretRecord,
  now: number,
): Promise<{ reason: Reason; version: VersionId } | null> {
  const { bracket, holds } = record;
  if (bracket?.direction === 'back') {
    const away = holds.find(({ version }) => version !== null && version !== bracket.to)?.version ?? bracket.to;
    return { reason: 'rollback-recorded', version: away };
  }
  const lost = holds
    .map(({ version }) => version)
    .find((version) => version !== null && version !== superseded && (secret.labels[version] ?? []).length === 0);
  if (lost !== undefined && lost !== null) return { reason: 'abandoned', version: lost };
  if (
    bracket !== null &&
    standing(secret, bracket.to) === 'pending' &&
    (await wasDrivenIntoError(run, record, bracket, now))
  ) {
    return { reason: 'driven-into-error', version: bracket.to };
  }
  return null;
}

/** Pipelines that do not start on the credentials that the link may hold since the pause: the others may let them. */
const notStarting = ({ bracket, holds }: LinkRecord): { reason: Reason; version: VersionId } | null =>
  bracket?.direction === 'forward' && holds.some(({ version }) => version === bracket.to)
    ? { reason: 'not-starting', version: bracket.to }
    : null;

/** A link that was moved back while its version was being promoted: AWSCURRENT is what links are to hold. */
export function leftBehind(
  record: LinkRecord,
  promoted: VersionId | null,
  { superseded }: SecretRecord,
): { reason: Reason; version: VersionId } | null {
  if (promoted === null || holdsOnly(record, promoted)) return null;
  const other = record.holds.find(
    ({ version }) => version !== null && version !== promoted && version !== superseded,
  )?.version;
  return other === undefined || other === null ? null : { reason: 'left-behind', version: other };
}

/** The pending version whose proof nobody is coming for. */
export function untestedOf(record: SecretRecord, secret: SecretDescription, now: number): VersionId | null {
  const { version } = record;
  if (version === null || standing(secret, version) !== 'pending') return null;
  const { setAt, testedAt } = marksOf(record, version);
  return setAt === undefined || testedAt !== undefined || now - setAt < untestedMs ? null : version;
}

async function proveLate(
  run: Invocation,
  { definition, secret }: Pick<Rotation, 'definition' | 'secret'>,
  now: number,
): Promise<boolean> {
  const version = untestedOf(await secretRecord(run, secret.arn), secret, now);
  if (version === null) return false;
  await proveVersion({ definition, secret, version }, run);
  return true;
}
