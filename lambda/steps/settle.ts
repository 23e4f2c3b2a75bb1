import { marksOf, secretRecord, definitionOf, type Rotation } from './rotation';
import type { LinkRecord } from '../core/journal';
import type { QualifiedName } from '../core/names';
import { isInError } from '../core/pipeline';
import { standing, type VersionId } from '../core/version';
import { speaksOf } from '../core/definition';
import type { Invocation } from '../ports';
import { credentialErrors } from './bracket/look';
import type { Attempt } from './recover';
import { rollBack } from './rollBack';
import { readSet } from './set';
import { withCluster } from './targets';
import { proveVersion } from './testSecret';

/** A rotation in progress proves its links itself within this time of a resume. Milliseconds. */
const provesItselfMs = 60_000;
/** setSecret done and no testSecret for this long: nobody is coming. Milliseconds. */
const untestedMs = 20 * 60_000;

/** Why a link goes back to AWSCURRENT. */
type Reason = 'rollback-recorded' | 'driven-into-error' | 'abandoned';

/** Brings links that a dead or abandoned rotation left on other credentials to where they belong. @returns what was settled */
export async function settleSecrets(run: Invocation, attempt: Attempt): Promise<readonly string[]> {
  const records = (await run.table.list('link')).map(({ item }) => item);
  const settled: string[] = [];
  for (const arn of new Set(records.map(({ secretId }) => secretId))) {
    if (!attempt.mayBegin()) break;
    // without a definition nobody knows how the credentials are made up; pauses were resumed without one
    if (!run.definitions.some((definition) => speaksOf(definition, arn))) continue;
    const own = records.filter(({ secretId, bracket }) => secretId === arn && bracket?.phase !== 'open');
    await attempt.try(`settle ${arn}`, async () => settled.push(...(await settleSecret(run, arn, own))));
  }
  return settled;
}

async function settleSecret(run: Invocation, arn: string, records: readonly LinkRecord[]): Promise<readonly string[]> {
  const definition = definitionOf(run, arn);
  const secret = await run.secrets.describe(arn);
  if (secret.deleted) return [];
  const settled: string[] = [];
  const now = run.clock.now();
  const reasons = new Map<LinkRecord, { readonly reason: Reason; readonly version: VersionId }>();
  for (const record of records) {
    if (record.lease !== null && record.lease.until > now) continue;
    const lost = record.holds
      .map(({ version }) => version)
      .find((version) => version !== null && !hasLabel(secret.labels[version]));
    if (record.bracket?.direction === 'back')
      reasons.set(record, { reason: 'rollback-recorded', version: foreign(record) });
    else if (await wasDrivenIntoError(run, record, now))
      reasons.set(record, { reason: 'driven-into-error', version: record.bracket?.to ?? '' });
    else if (lost !== undefined && lost !== null) reasons.set(record, { reason: 'abandoned', version: lost });
  }
  for (const [record, { reason, version }] of reasons) {
    run.log.warn('settling', { link: record.link, cluster: record.cluster, reason, version });
    if (await rollBack({ definition, secret, version }, run, new Set([record.link])))
      settled.push(`${record.cluster}/${record.link}: ${reason}`);
  }
  settled.push(...(await proveLate(run, { definition, secret }, now)));
  return settled;
}

const hasLabel = (labels: readonly string[] | undefined): boolean => (labels ?? []).length > 0;
/** The version that a recorded rollback leads away from. */
const foreign = ({ bracket, holds }: LinkRecord): VersionId =>
  holds.find(({ version }) => version !== bracket?.to)?.version ?? bracket?.to ?? '';

/** Members that the version's credentials drove into Error, with nobody left to prove and roll back. */
async function wasDrivenIntoError(run: Invocation, record: LinkRecord, now: number): Promise<boolean> {
  const { bracket } = record;
  if (bracket === null || now - (bracket.resumedAt ?? now) < provesItselfMs) return false;
  const members = new Set<QualifiedName>((await readSet(run, record)).flat().map(({ pipeline }) => pipeline));
  return withCluster(run, record.connectionSecretId, 1, async (cluster) => {
    const inError = (await cluster.pipelines())
      .filter(({ pipeline, state }) => members.has(pipeline) && isInError(state))
      .map(({ pipeline }) => pipeline);
    return inError.length > 0 && (await credentialErrors(cluster, bracket.errorsAfter, inError)).size > 0;
  });
}

async function proveLate(
  run: Invocation,
  { definition, secret }: Pick<Rotation, 'definition' | 'secret'>,
  now: number,
): Promise<readonly string[]> {
  const record = await secretRecord(run, secret.arn);
  const { version } = record;
  if (version === null || standing(secret, version) !== 'pending') return [];
  const { setAt, testedAt } = marksOf(record, version);
  if (setAt === undefined || testedAt !== undefined || now - setAt < untestedMs) return [];
  await proveVersion({ definition, secret, version }, run);
  return [`${secret.arn}: version ${version} proven late`];
}
