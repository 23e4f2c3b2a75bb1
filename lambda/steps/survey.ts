import { RotationError, asRotationError } from '../core/errors';
import type { RotationDefinition, Target } from '../core/definition';
import { linkKey, type LinkRecord } from '../core/journal';
import { partsOf, type QualifiedName } from '../core/names';
import { activityOf, sourceOf, type PipelineRow } from '../core/pipeline';
import type { Cluster, Grammar, Invocation, LinkRow } from '../ports';
import { reserveMs } from './bracket/progress';
import { unreadableConfig } from './fields';
import { covers, resolveLinks } from './targets';

/** A link as it was found, with all that uses it. */
export interface SurveyedLink {
  readonly row: LinkRow;
  readonly record: LinkRecord | null;
  readonly grammar: Grammar;
  /** Pipelines of any database that read through the link, with their state, and the path each reads. */
  readonly users: readonly (PipelineRow & { readonly path: string })[];
  /** Pipelines that keep this link from being changed now. */
  readonly busy: readonly PipelineRow[];
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
  /** What would stop a rotation here, each said in full. */
  readonly blockers: readonly RotationError[];
}

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
  const blockers = missing.map((link) => linkMissing(link, cluster.id));
  const grammars = new Map<string, Grammar>();
  for (const database of new Set(rows.map(({ link }) => partsOf(link).database))) {
    const grammar = await grammarOf(cluster, database, blockers);
    if (grammar !== null) grammars.set(database, grammar);
  }
  const pipelines = await cluster.pipelines();
  const definitions = await cluster.definitions(pipelines.map(({ pipeline }) => pipeline));
  const users = usersByLink(pipelines, definitions, cluster.id, blockers);
  blockers.push(...rows.flatMap((row) => unreadableConfig(definition, row)));
  // a pipeline that this user sees may read through a link that it does not see
  const unseen = [...users.keys()].filter((link) => covers(target, link) && !rows.some((row) => row.link === link));
  blockers.push(...unseen.filter((link) => !missing.includes(link)).map((link) => linkMissing(link, cluster.id)));
  const links = await Promise.all(
    rows.flatMap((row) => {
      const grammar = grammars.get(partsOf(row.link).database);
      return grammar === undefined ? [] : [surveyLink(run, cluster, row, grammar, users.get(row.link) ?? [])];
    }),
  );
  blockers.push(...links.filter(({ busy }) => busy.length > 0).map((link) => pipelineBusy(link, cluster.id)));
  return {
    connectionSecretId: target.connectionSecretId,
    cluster,
    links,
    known: new Set(definitions.keys()),
    visible,
    blockers,
  };
}

type User = SurveyedLink['users'][number];

async function surveyLink(
  run: Invocation,
  cluster: Cluster,
  row: LinkRow,
  grammar: Grammar,
  users: readonly User[],
): Promise<SurveyedLink> {
  const record = (await run.table.read('link', linkKey(cluster.id, row.link)))?.item ?? null;
  return {
    row,
    record,
    grammar,
    users,
    busy: users.filter(({ state }) => ['busy', 'unknown'].includes(activityOf(state))),
  };
}

function usersByLink(
  pipelines: readonly PipelineRow[],
  definitions: ReadonlyMap<QualifiedName, string>,
  clusterId: string,
  blockers: RotationError[],
): ReadonlyMap<QualifiedName, readonly User[]> {
  const users = new Map<QualifiedName, User[]>();
  for (const row of pipelines) {
    const definition = definitions.get(row.pipeline);
    if (definition === undefined) continue; // dropped since it was listed
    const source = sourceOf(definition, partsOf(row.pipeline).database);
    if (source.through === 'link')
      users.set(source.link, [...(users.get(source.link) ?? []), { ...row, path: source.path }]);
    // at rest it can be in nobody's way; otherwise it must not be taken for "uses no link"
    if (source.through === 'hidden' && activityOf(row.state) !== 'resting')
      blockers.push(sourceHidden(row.pipeline, clusterId));
  }
  return users;
}

async function grammarOf(cluster: Cluster, database: string, blockers: RotationError[]): Promise<Grammar | null> {
  try {
    const grammar = await cluster.grammar(database);
    if (grammar === null) blockers.push(grammarUnknown(cluster.id));
    return grammar;
  } catch (thrown) {
    const error = asRotationError(thrown);
    if (error.code !== 'PRIVILEGE_MISSING') throw error;
    blockers.push(error);
    return null;
  }
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

const linkMissing = (link: string, cluster: string): RotationError =>
  new RotationError(
    'LINK_MISSING',
    `link ${link} does not exist on ${cluster}, or this user may not see it. Nothing was changed. Correct "links" in ROTATIONS, GRANT SHOW LINK on its database, or, where a workspace hides databases that are not attached to it, name the endpoint of the one that has it.`,
  );
const grammarUnknown = (cluster: string): RotationError =>
  new RotationError(
    'GRAMMAR_UNKNOWN',
    `${cluster} knows neither ALTER LINK nor CREATE OR REPLACE LINK, so a link cannot be changed in place there. Nothing was changed. Upgrade the server (ALTER LINK came with 9.1).`,
  );
const sourceHidden = (pipeline: QualifiedName, cluster: string): RotationError =>
  new RotationError(
    'SOURCE_HIDDEN',
    `the definition of running pipeline ${pipeline} on ${cluster} shows no source, so nobody can tell whether it uses the link. Nothing was changed. GRANT SHOW PIPELINE on its database, or SUPER.`,
  );
export const pipelineBusy = ({ row, busy }: SurveyedLink, cluster: string): RotationError =>
  new RotationError(
    'PIPELINE_BUSY',
    `link ${row.link} on ${cluster} is in use by ${busy.map(({ pipeline, state }) => `${pipeline} (${state})`).join(', ')}: somebody's session, which is not ours to stop, or a state that is not known. Nothing was paused. The retry goes on when it has ended.`,
  );
