import { mayHold } from '../core/journal';
import type { QualifiedName } from '../core/names';
import type { Invocation } from '../ports';
import { moveLinks, mustAllHaveMoved } from './move';
import { currentValue, type Rotation } from './rotation';
import { sourceFor } from './sources';
import { withSurveys } from './surveys';

/**
 * Moves links that may hold a version back to AWSCURRENT, each through the same bracket, and starts the pipelines that the
 * version's credentials drove into Error.
 *
 * @param only the links in question; absent: all that may hold the version.
 * @returns `false` when there is nothing to go back to (no current credentials, or a source without overlap); nothing was changed then.
 * @throws the first cause when a link could not be moved; the others have been.
 */
export async function rollBack(
  { definition, secret, version }: Pick<Rotation, 'definition' | 'secret' | 'version'>,
  run: Invocation,
  only?: ReadonlySet<QualifiedName>,
): Promise<boolean> {
  const source = sourceFor(definition.source);
  const current = await currentValue(run, secret.arn);
  if (current === null || !source.overlap || source.keyId(current.fields) === undefined) return false;
  await withSurveys(run, definition, async ({ clusters, failures }) => {
    const move = { definition, arn: secret.arn, value: current, direction: 'back' } as const;
    const moved = await Promise.all(
      clusters.map((survey) => {
        const links = survey.links.filter(
          ({ row, record }) => record !== null && mayHold(record, version) && (only?.has(row.link) ?? true),
        );
        if (links.length > 0)
          run.log.warn('rolling-back', {
            cluster: survey.cluster.id,
            version,
            to: current.version,
            links: links.map(({ row }) => row.link),
          });
        return moveLinks(run, survey, links, move);
      }),
    );
    mustAllHaveMoved(moved.flat(), failures);
  });
  return true;
}
