import { asRotationError, type RotationError } from '../core/errors';
import type { RotationDefinition } from '../core/definition';
import { membersOf, textIn, type Json } from '../core/json';
import { activityOf } from '../core/pipeline';
import type { Invocation, LinkRow, ObjectProbe } from '../ports';
import { mostProbes } from './sources/trials';
import { survey, type Survey } from './survey';
import { clustersOf, withCluster } from './targets';

export interface Surveys {
  readonly clusters: readonly Survey[];
  /** Clusters that could not be reached or read. */
  readonly failures: readonly RotationError[];
}

/** Looks at all clusters of a definition in parallel and lends them, connected, to `work`. */
export async function withSurveys<R>(
  run: Invocation,
  definition: RotationDefinition,
  work: (surveys: Surveys) => Promise<R>,
): Promise<R> {
  const targets = clustersOf(definition);
  const clusters: Survey[] = [];
  const failures: RotationError[] = [];
  // each cluster stays open until the work on all of them is done
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const ready: Promise<void>[] = [];
  const closed = targets.map((target) => {
    let settle: () => void = () => undefined;
    ready.push(new Promise((resolve) => (settle = resolve)));
    return withCluster(run, target.connectionSecretId, definition.limits.connections, async (cluster) => {
      clusters.push(await survey(run, definition, target, cluster));
      settle();
      await finished;
    }).catch((thrown: unknown) => {
      failures.push(asRotationError(thrown));
      settle();
    });
  });
  await Promise.all(ready);
  try {
    return await work({ clusters, failures: [...failures] });
  } finally {
    finish();
    await Promise.all(closed);
  }
}

/** Everything that stands in the way of a rotation. */
export const blockersOf = ({ clusters, failures }: Surveys): readonly RotationError[] => [
  ...failures,
  ...clusters.flatMap(({ blockers, hiding, links }) => [
    ...hiding,
    ...blockers,
    ...links.flatMap(({ blocker }) => blocker ?? []),
  ]),
];

/** Whether some link has no record: nobody knows which credential it holds. */
export const hasUnrecorded = ({ clusters }: Surveys): boolean =>
  clusters.some(({ links }) => links.some(({ record }) => record === null));

/** The distinct buckets and prefixes that the running pipelines of S3 links read, with each link's own region and endpoint. One at rest is not affected. */
export function probesOf({ clusters }: Surveys): readonly ObjectProbe[] {
  const probes = new Map<string, ObjectProbe>();
  for (const { row, users } of clusters.flatMap(({ links }) => links)) {
    if (row.type.toUpperCase() !== 'S3') continue;
    const config = configOf(row);
    const [region, endpoint] = [textIn(config?.get('region')), textIn(config?.get('endpoint_url'))];
    for (const { path, state } of users) {
      if (activityOf(state) === 'resting') continue;
      const [, bucket = '', key = ''] = /^(?:s3:\/\/)?([^/]*)\/?(.*)$/s.exec(path) ?? [];
      if (bucket === '') continue;
      const probe: ObjectProbe = {
        bucket,
        // listing takes a prefix where LOAD DATA takes a pattern
        prefix: key.replace(/[*?[{].*$/s, ''),
        ...(region === undefined ? {} : { region }),
        ...(endpoint === undefined ? {} : { endpoint }),
      };
      probes.set(JSON.stringify(probe), probe);
    }
  }
  return [...probes.values()].slice(0, mostProbes);
}

/** CONFIG that is no JSON object says nothing of a region; only `fields.config` cannot do with it. */
const configOf = ({ config }: LinkRow): ReadonlyMap<string, Json> | null => membersOf(config);
