import { RotationError } from '../core/errors';
import { linkKey, settledOn, type LinkRecord, type Unproven } from '../core/journal';
import type { QualifiedName } from '../core/names';
import type { Invocation } from '../ports';
import { giveUp } from './giveUp';
import { plan } from './plan';
import { prove, type Candidate } from './prove';
import { rollBack } from './rollBack';
import { currentValue, marksOf, pendingValue, secretRecord, updateSecretRecord, type Rotation } from './rotation';
import { readSet } from './set';
import { mustBeClear, bracketBudgetMs } from './survey';
import { clustersOf, resolveLinks, withCluster } from './targets';

/** A version that failed this many proofs is not tried again. */
const mostFailedProofs = 2;

/**
 * Proves that every pipeline that was paused loads with the new credentials. A link whose pipeline is refused goes back
 * to AWSCURRENT, and the step fails. A pipeline that had nothing to load is unproven: watched on, not failed.
 *
 * The test-only call (`RotateImmediately=false`) brings the current value and no setSecret: then this is the pre-flight,
 * and nothing is written.
 */
export async function testSecret(rotation: Rotation, run: Invocation): Promise<void> {
  const { secret, version } = rotation;
  const pending = await pendingValue(rotation, run);
  const marks = marksOf(await secretRecord(run, secret.arn), version);
  if (marks.setAt === undefined) {
    const current = await currentValue(run, secret.arn);
    if (current?.value.equals(pending.value) === true) return preflight(rotation, run);
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `setSecret is not done for version ${version} of ${secret.arn}, so there is nothing to test. Nothing was changed. The retry begins with createSecret.`,
    );
  }
  await proveVersion(rotation, run);
}

async function preflight({ definition }: Rotation, run: Invocation): Promise<void> {
  const { blockers } = await plan(run, definition);
  mustBeClear(blockers);
  run.log.info('preflight-passed', {});
}

/** Proves the links of a version that setSecret has set; used by the watchdog as well. @throws PROOF_FAILED, VERSION_GIVEN_UP, STEP_OUT_OF_ORDER */
export async function proveVersion(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  const until = Math.min(
    run.clock.now() + definition.limits.proofSeconds * 1_000,
    run.endsAt - bracketBudgetMs(definition),
  );
  const outcomes = await Promise.all(
    clustersOf(definition).map((target) =>
      withCluster(run, target.connectionSecretId, 1, async (cluster) => {
        const { rows } = await resolveLinks(cluster, target);
        const stored = await Promise.all(rows.map(({ link }) => run.table.read('link', linkKey(cluster.id, link))));
        const records = stored.flatMap((found) => (found === null ? [] : [found.item]));
        const astray = rows
          .filter(({ link }) => !settledOn(records.find((record) => record.link === link) ?? null, version))
          .map(({ link }) => link);
        const members = await Promise.all(records.map((record) => candidatesOf(run, record, version)));
        const proofs = await prove(run, cluster, members.flat(), until);
        const refused = members.flat().filter(({ pipeline }) => proofs.get(pipeline) === 'refused');
        const unproven = members
          .flat()
          .filter(({ pipeline }) => !['loaded', 'refused'].includes(proofs.get(pipeline) ?? ''));
        const links = records
          .filter((_, at) => members[at]?.some((member) => refused.includes(member)))
          .map(({ link }) => link);
        return { cluster: cluster.id, connectionSecretId: target.connectionSecretId, astray, refused, unproven, links };
      }),
    ),
  );
  const astray = outcomes.flatMap((outcome) => outcome.astray);
  if (outcomes.every(({ links }) => links.length === 0) && astray.length > 0) {
    await forgetSet(run, secret.arn);
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `link ${astray.join(', ')} does not hold version ${version} of ${secret.arn} any more: it was moved back meanwhile, or is new. Nothing was changed. The retry sets it again.`,
    );
  }
  const refused = outcomes.flatMap((outcome) => outcome.refused);
  if (refused.length > 0) {
    const links = new Set(outcomes.flatMap((outcome) => outcome.links));
    await refuse(
      rotation,
      run,
      links,
      refused.map(({ pipeline }) => pipeline),
    );
  }
  const unproven = outcomes.flatMap(({ cluster, connectionSecretId, unproven: some }) =>
    some.map((one): Unproven => ({ cluster, connectionSecretId, ...one })),
  );
  if (unproven.length > 0)
    run.log.warn('pipelines-unproven', { version, pipelines: unproven.map(({ pipeline }) => pipeline) });
  await updateSecretRecord(run, secret.arn, (record) => ({ ...record, testedAt: run.clock.now(), unproven }));
}

async function candidatesOf(run: Invocation, record: LinkRecord, version: string): Promise<readonly Candidate[]> {
  const { bracket } = record;
  if (bracket === null || bracket.to !== version) return [];
  return (await readSet(run, record)).flat().map((member) => ({ ...member, errorsAfter: bracket.errorsAfter }));
}

/** The source does not take the new credentials: back to the ones that work, and after the second time for good. */
async function refuse(
  rotation: Rotation,
  run: Invocation,
  links: ReadonlySet<QualifiedName>,
  pipelines: readonly QualifiedName[],
): Promise<never> {
  const { secret, version } = rotation;
  let failedProofs = 0;
  await updateSecretRecord(run, secret.arn, ({ setAt: _, testedAt: __, ...record }) => {
    failedProofs = (record.version === version ? record.failedProofs : 0) + 1;
    return { ...record, version, failedProofs };
  });
  const back = await rollBack(rotation, run, links);
  const what = `the source refuses version ${version} of ${secret.arn} to ${pipelines.join(', ')}`;
  if (!back) {
    throw new RotationError(
      'PROOF_FAILED',
      `${what}. There is nothing to go back to, so the links keep the new credentials, their pipelines are started, and AWSPENDING stays. Check what the new credentials may do at the source; the retry proves again.`,
    );
  }
  if (failedProofs < mostFailedProofs) {
    throw new RotationError(
      'PROOF_FAILED',
      `${what}. The links of these pipelines are back on AWSCURRENT and the pipelines run. The retry tries this version once more, then gives it up. Check what the new credentials may do at the source.`,
    );
  }
  await giveUp(rotation, run);
  throw new RotationError(
    'VERSION_GIVEN_UP',
    `${what}, for the ${failedProofs}nd time. All links are on AWSCURRENT, their pipelines run, AWSPENDING is removed and its key deleted if no link may hold it. Check what new credentials may do at the source, then rotate again.`,
  );
}

async function forgetSet(run: Invocation, arn: string): Promise<void> {
  await updateSecretRecord(run, arn, ({ setAt: _, testedAt: __, ...record }) => record);
}
