import { linkKey, type LinkRecord, mayHold, through } from '../core/journal';
import { RotationError } from '../core/errors';
import type { QualifiedName } from '../core/names';
import type { Invocation } from '../ports';
import { forgetGone } from './gone';
import { moveLinks, mustAllHaveMoved } from './move';
import { currentValue, type Rotation } from './rotation';
import { sourceFor } from './sources';
import type { SurveyedLink } from './survey';
import { withSurveys } from './surveys';
import { recordConnections, statementMs } from './bracket/progress';
import { withLease } from './lease';
import { names, withRecordedCluster } from './targets';

/**
 * Moves links that may hold a version back to AWSCURRENT, each through the same bracket, and starts the pipelines that the
 * version's credentials drove into Error.
 *
 * @param only keys of the links in question; absent: all that may hold the version.
 * @returns the keys of the links that are back; `null` when there is nothing to go back to (no current credentials
 *   that work, or a source without overlap): nothing was changed then.
 * @throws the first cause when a link could not be moved; the others have been.
 */
export async function rollBack(
  { definition, secret, version }: Pick<Rotation, 'definition' | 'secret' | 'version'>,
  run: Invocation,
  only?: ReadonlySet<string>,
): Promise<readonly string[] | null> {
  const source = sourceFor(definition.source);
  const current = await currentValue(run, secret.arn);
  if (current === null || current.version === version || !source.overlap || !source.isComplete(current.fields))
    return null;
  if (!(await source.works(run, current))) {
    run.log.error('current-does-not-work', {
      version: current.version,
      note: 'its credentials are refused by their maker, so nothing is rolled back to them',
    });
    return null;
  }
  return withSurveys(run, definition, async (surveys) => {
    const { clusters, failures } = surveys;
    await forgetGone(run, surveys, secret.arn);
    const wanted = (await run.table.list('link'))
      .filter(({ key, item }) => item.secretId === secret.arn && mayHold(item, version) && (only?.has(key) ?? true))
      .filter(({ item }) => names(definition, item))
      .map(({ key }) => key);

    const move = {
      definition,
      arn: secret.arn,
      value: current,
      current,
      direction: 'back',
      restartErrorsAfter: null,
    } as const;
    const outcomes = await Promise.all(
      clusters.map(async (survey) => {
        const key = ({ row }: SurveyedLink): string => linkKey(survey.cluster.id, row.link);
        const links = survey.links.filter(
          (link) => link.record !== null && mayHold(link.record, version) && (only?.has(key(link)) ?? true),
        );
        if (links.length > 0) run.log.warn('rolling-back', { version, to: current.version, links: links.map(key) });
        return { failed: await moveLinks(run, survey, links, move), keys: links.map(key) };
      }),
    );
    const back = outcomes.flatMap(({ keys }) => keys);
    const unseen = wanted.filter((key) => !back.includes(key));
    const blockers = clusters.flatMap((survey) => [...survey.hiding, ...survey.blockers]);
    mustAllHaveMoved(
      outcomes.flatMap(({ failed }) => failed),
      [...failures, ...(unseen.length === 0 ? [] : [notReached(unseen, version), ...blockers])],
    );
    return back;
  });
}

const notReached = (keys: readonly string[], version: string): RotationError =>
  new RotationError(
    'LINK_MISSING',
    `${keys.join(', ')} may hold version ${version} and could not be moved back: the link is gone, not shown to this user, or cannot be altered. It was left as it is; the watchdog tries again every minute. Let this user see and alter it (GRANT SHOW LINK, CREATE LINK on its database); if it is gone for good, remove its item from the journal's table.`,
  );

/** Starts pipelines that credentials drove into Error where there is nothing to go back to: what was running is not left down. */
export async function startAgain(
  run: Invocation,
  record: LinkRecord,
  pipelines: readonly QualifiedName[],
): Promise<void> {
  await withRecordedCluster(run, record, 1, async (cluster) => {
    await withLease(run, 'link', linkKey(record.cluster, record.link), record, async (held) => {
      const { connections, leftAt } = held.item;
      await recordConnections(held, cluster);
      for (const pipeline of pipelines) {
        await held.guard();
        await cluster.lanes[0]?.start(pipeline, statementMs);
      }
      await held.save((item) => through(item, connections, leftAt));
    });
  });
}
