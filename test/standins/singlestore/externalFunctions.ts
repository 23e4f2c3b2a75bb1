import { assumed } from './assumed';
import { keyOf, may, quoted, quoteName } from './cluster';
import type { Cluster, ExternalFunction, Name } from './cluster';
import { commandOf, isError, refusal, resolve } from './execution';
import type { Execution, Of } from './execution';
import { likePattern } from './expression';
import { bare } from './pipelineText';
import { ok } from './reply';
import type { ErrorReply, Reply } from './reply';
import { variables } from './variables';

type OnFunction = Of<'create-function' | 'drop-function' | 'show-create-function'>;

/** External functions, no more of them than naming a link takes. ALTER LINK does not ask about them (documented). */
export function runFunctionStatement(
  statement: OnFunction | Of<'show-functions'>,
  execution: Execution,
): [Cluster, Reply] {
  const { cluster, user } = execution;
  if (statement.kind === 'show-functions') return [cluster, showFunctions(statement, execution)];
  const name = resolve(statement.function, execution);
  if (isError(name)) return [cluster, name];
  const refused = refusal(commandOf(statement.kind), name, user);
  if (refused) return [cluster, refused];
  const existing = cluster.functions.get(keyOf(name));
  if (statement.kind === 'show-create-function') {
    return [cluster, existing ? showCreateFunction(existing, cluster) : assumed.unknownFunction(quoted(name))];
  }
  if (cluster.databases.get(name.database)?.readOnly) return [cluster, assumed.readOnlyWorkspace()];
  if (statement.kind === 'drop-function') {
    if (existing === undefined) return [cluster, statement.ifExists ? ok : assumed.unknownFunction(quoted(name))];
    return [{ ...cluster, functions: cluster.functions.delete(keyOf(name)) }, ok];
  }
  if (existing && !statement.orReplace) return [cluster, assumed.functionExists(quoted(name))];
  const made = make(statement, name, execution);
  return 'errno' in made ? [cluster, made] : [{ ...cluster, functions: cluster.functions.set(keyOf(name), made) }, ok];
}

function make(
  statement: Of<'create-function'>,
  name: Name,
  { cluster, user }: Execution,
): ExternalFunction | ErrorReply {
  const { format, signature, collocated, url, protocol } = statement;
  const link = statement.link && { database: statement.link.database ?? name.database, name: statement.link.name };
  if (link !== undefined) {
    if (!may(user, 'SHOW LINK', link.database)) return assumed.linkDenied('SHOW LINK', user.name, link.name);
    if (!cluster.links.has(keyOf(link))) return assumed.unknownLink(quoted(link));
  }
  const clauses = [
    `FORMAT ${format}`,
    ...(statement.delimited ? ['USING DELIMITED BATCHES'] : []),
    ...(link ? [`LINK ${nameOfLink(link, name, assumed.linkOfOtherDatabase)}`] : []),
    ...(protocol ? [`PROTOCOL ${protocol}`] : []),
  ];
  const runtime = collocated ? 'Collocated Service' : 'Remote Service';
  const definition = assumed.externalFunction(quoteName(name.name), signature, user.name, {
    runtime: runtime.toUpperCase(),
    url: url.replace(/[\\']/g, '\\$&'),
    rest: clauses.join(' '),
  });
  return { ...name, definer: user.name, format, runtime, link, definition };
}

function nameOfLink(link: Name, of: Name, ofOther: (database: string, link: string) => string): string {
  return link.database === of.database ? bare(link.name) : ofOther(bare(link.database), bare(link.name));
}

/** Columns and words as on the SHOW FUNCTIONS page. */
function showFunctions(statement: Of<'show-functions'>, execution: Execution): Reply {
  const { cluster, user } = execution;
  const name = resolve({ database: statement.database, name: '*' }, execution);
  if (isError(name)) return name;
  const refused = refusal('SHOW FUNCTIONS', { ...name, name: name.database }, user);
  if (refused) return refused;
  const like = likePattern(statement.like ?? '%');
  const functions = [...cluster.functions.values()]
    .filter((each) => each.database === name.database && like.test(each.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    type: 'rows',
    columns: [`Functions_in_${name.database}`, 'Function Type', 'Definer', 'Data Format', 'Runtime Type', 'Link'].map(
      (column) => ({ name: column, type: 'text' }),
    ),
    rows: functions.map((each) => [
      each.name,
      assumed.externalFunctionType,
      `${each.definer}@%`,
      each.format,
      each.runtime,
      each.link ? shownLink(each.link, each) : assumed.noFunctionLink,
    ]),
  };
}

/** The page shows a plain name. */
function shownLink(link: Name, of: Name): string {
  return link.database === of.database ? link.name : assumed.functionLinkOfOtherDatabase(link.database, link.name);
}

/** Columns as on the SHOW CREATE FUNCTION page. */
function showCreateFunction({ name, definition }: ExternalFunction, cluster: Cluster): Reply {
  const {
    sql_mode: mode = '',
    character_set_client: set = '',
    collation_connection: collation = '',
  } = variables(cluster);
  const titles = ['Function', 'sql_mode', 'Create Function', 'character_set_client', 'collation_connection'];
  return {
    type: 'rows',
    columns: titles.map((title) => ({ name: title, type: 'text' })),
    rows: [[name, mode, definition, set, collation]],
  };
}
