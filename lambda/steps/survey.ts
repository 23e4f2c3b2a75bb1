import { RotationError } from '../core/errors';
import type { RotationDefinition, Target } from '../core/definition';
import { linkKey, type LinkRecord } from '../core/journal';
import { partsOf, type LinkPattern, type QualifiedName } from '../core/names';
import { activityOf, sourceOf, stopsOnError, type PipelineRow } from '../core/pipeline';
import type { Cluster, Grammar, Invocation, LinkRow } from '../ports';
import { grammarsOf, lackingToPause, linksMissing, mustSeePipelines } from './access';
import { reserveMs } from './bracket/progress';
import { drainingAmong, slowestFirst, type Draining, type Histories } from './drain';
import { unreadableConfig } from './fields';
import { covers, resolveLinks } from './targets';

/** A link as it was found, with all that uses it. */
export interface SurveyedLink {
  readonly row: LinkRow;
  readonly record: LinkRecord | null;
  readonly grammar: Grammar;
  /** Pipelines of any database that read through the link, those first that are expected to drain longest, with their state, the path each reads, and what its definition says of STOP_ON_ERROR. */
  readonly users: readonly (PipelineRow & { readonly path: string; readonly stopsOnError: boolean | null })[];
  /** Those with a batch under way. */
  readonly draining: readonly Draining[];
  /** What keeps this link from being changed now; the others are not held up. */
  readonly blocker: RotationError | null;
}

/** One cluster before anything is paused. Nothing is written by looking. */
export interface Survey {
  readonly connectionSecretId: string;
  readonly cluster: Cluster;
  readonly links: readonly SurveyedLink[];
  /** All links that this user sees in the databases in question. */
  readonly visible: readonly QualifiedName[];
  /** All pipelines whose definition was read. */
  readonly known: ReadonlySet<QualifiedName>;
  /** Pipelines that hold credentials of their own, which no link gives them. */
  readonly inline: readonly InlinePipeline[];
  /** Pipelines whose link is not there, but for the case of its letters: servers may take it for one of these. */
  readonly near: readonly QualifiedName[];
  /** What would stop a rotation here and is not of one link, each said in full. */
  readonly blockers: readonly RotationError[];
  /** Pipelines may be hidden, so nobody knows what to pause: no link is changed here. */
  readonly hiding: readonly RotationError[];
}

export type InlinePipeline = PipelineRow & { readonly type: string };

/**
 * Everything that can be found out without an effect: links, grammar and privileges, and the pipelines of *all*
 * databases by their definitions.
 */
export async function survey(
  run: Invocation,
  definition: RotationDefinition,
  target: Target,
  cluster: Cluster,
): Promise<Survey> {
  const { rows, missing, visible } = await resolveLinks(cluster, target);
  const { grammars, blockers } = await grammarsOf(cluster, rows);
  const pipelines = await cluster.pipelines();
  const definitions = await cluster.definitions(pipelines.map(({ pipeline }) => pipeline));
  const { users, inline, hidden } = sourcesOf(pipelines, definitions);
  const history: Histories = (await cluster.batchHistory()) ?? new Map();
  for (const readers of users.values()) readers.sort(slowestFirst(history));
  blockers.push(...rows.flatMap((row) => unreadableConfig(definition, row)));
  // what runs through a link that is not shown among those of its database reads through one of another name, or a hidden one
  const databases = new Set(target.links.map(({ database }) => database));
  const unseen = [...users]
    .filter(([link]) => databases.has(partsOf(link).database) && !visible.includes(link))
    .filter(([link, readers]) => covers(target, link) || readers.some(({ state }) => activityOf(state) !== 'resting'))
    .map(([link]) => link);
  const wanted: readonly LinkPattern[] = unseen.map(partsOf).map(({ database, name }) => ({ database, link: name }));
  blockers.push(...(await linksMissing(cluster, [...missing, ...wanted])));
  const hiding = [
    ...hidden.map((pipeline) => sourceHidden(pipeline, cluster.id)),
    ...(await mustSeePipelines(cluster, grammars, pipelines)),
  ];
  const lacking = await lackingToPause(
    cluster,
    rows.flatMap(({ link }) => users.get(link) ?? []),
  );
  const links = await Promise.all(
    rows.flatMap((row) => {
      const grammar = grammars.get(partsOf(row.link).database);
      return grammar === undefined
        ? []
        : [surveyLink(run, cluster, row, grammar, users.get(row.link) ?? [], { lacking, history })];
    }),
  );
  const known = new Set(definitions.keys());
  const near = nearMatches(users, visible, rows);
  return {
    connectionSecretId: target.connectionSecretId,
    cluster,
    links,
    known,
    visible,
    inline,
    near,
    blockers,
    hiding,
  };
}

type User = SurveyedLink['users'][number];

async function surveyLink(
  run: Invocation,
  cluster: Cluster,
  row: LinkRow,
  grammar: Grammar,
  users: readonly User[],
  { lacking, history }: { lacking: ReadonlyMap<QualifiedName, RotationError>; history: Histories },
): Promise<SurveyedLink> {
  const record = (await run.table.read('link', linkKey(cluster.id, row.link)))?.item ?? null;
  const [lack = null] = users.flatMap(({ pipeline }) => lacking.get(pipeline) ?? []);
  const blocker = pipelineBusy(row, users, cluster.id) ?? lack;
  return { row, record, grammar, users, draining: drainingAmong(users, history), blocker };
}

/** What the definitions say, by link. One that was dropped since it was listed has none. */
function sourcesOf(pipelines: readonly PipelineRow[], definitions: ReadonlyMap<QualifiedName, string>) {
  const users = new Map<QualifiedName, User[]>();
  const inline: InlinePipeline[] = [];
  const hidden: QualifiedName[] = [];
  for (const row of pipelines) {
    const definition = definitions.get(row.pipeline);
    if (definition === undefined) continue;
    const source = sourceOf(definition, partsOf(row.pipeline).database);
    if (source.through === 'link') {
      const readers = users.get(source.link) ?? [];
      readers.push({ ...row, path: source.path, stopsOnError: stopsOnError(definition) }); // thousands may use one link
      users.set(source.link, readers);
    }
    if (source.through === 'inline') inline.push({ ...row, type: source.type });
    // at rest it can be in nobody's way; otherwise it must not be taken for "uses no link"
    if (source.through === 'hidden' && activityOf(row.state) !== 'resting') hidden.push(row.pipeline);
  }
  return { users, inline, hidden };
}

function nearMatches(
  users: ReadonlyMap<QualifiedName, readonly User[]>,
  visible: readonly QualifiedName[],
  rows: readonly LinkRow[],
): readonly QualifiedName[] {
  const lowered = new Set(rows.map(({ link }) => link.toLowerCase()));
  return [...users].flatMap(([link, readers]) =>
    !visible.includes(link) && lowered.has(link.toLowerCase()) ? readers.map(({ pipeline }) => pipeline) : [],
  );
}

/** @throws the first blocker, naming the others too. */
export function mustBeClear(blockers: readonly RotationError[]): void {
  const [first, ...others] = blockers;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new RotationError(
    first.code,
    `${first.message.slice(first.code.length + 2)} Also: ${others.map(({ message }) => message).join(' ')}`,
  );
}

/** What a pause may need in the worst case: the drain budget, and the reserve for change and resume. Milliseconds. */
export const bracketBudgetMs = (definition: RotationDefinition): number =>
  definition.limits.drainSeconds * 1_000 + reserveMs;

/** @throws TIME_SHORT unless a whole bracket still fits before the invocation ends. */
export function mustFit(run: Invocation, definition: RotationDefinition): void {
  const left = run.endsAt - run.clock.now();
  const needed = bracketBudgetMs(definition);
  if (left >= needed) return;
  throw new RotationError(
    'TIME_SHORT',
    `${Math.floor(left / 1_000)} s are left, and a pause may need ${needed / 1_000} s (limits.drainSeconds ${definition.limits.drainSeconds} and ${reserveMs / 1_000} s to change and resume). Nothing more is paused; the retry goes on from here. If this happens at the start of a step, raise the function's timeout or lower limits.drainSeconds.`,
  );
}

const sourceHidden = (pipeline: QualifiedName, cluster: string): RotationError =>
  new RotationError(
    'SOURCE_HIDDEN',
    `the definition of running pipeline ${pipeline} on ${cluster} shows no source, so nobody can tell whether it uses the link. Nothing was changed. GRANT SHOW PIPELINE on its database, or SUPER.`,
  );

function pipelineBusy({ link }: LinkRow, users: readonly User[], cluster: string): RotationError | null {
  const busy = users.filter(({ state }) => ['busy', 'unknown'].includes(activityOf(state)));
  if (busy.length === 0) return null;
  const named = busy.map(({ pipeline, state }) => `${pipeline} (${state})`).join(', ');
  return new RotationError(
    'PIPELINE_BUSY',
    `link ${link} on ${cluster} is in use by ${named}: somebody's session, which is not ours to stop, or a state that is not known. Nothing was paused. The retry goes on when it has ended.`,
  );
}
