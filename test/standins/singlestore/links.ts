import { assumed } from './assumed';
import { isRunning, keyOf, quoted, quoteName, usesLink } from './cluster';
import type { Cluster, JsonObject, Link, Name } from './cluster';
import { commandOf, isError, refusal, resolve } from './execution';
import type { Execution, Of } from './execution';
import { ok } from './reply';
import type { ErrorReply, Reply } from './reply';
import { jsonObject } from './statement';
import type { SetClause } from './statement';

type LinkStatement = Of<'create-link' | 'alter-link' | 'drop-link' | 'show-links' | 'show-create-link'>;

export function runLinkStatement(statement: LinkStatement, execution: Execution): [Cluster, Reply] {
  const { cluster } = execution;
  if (statement.kind === 'show-links') return [cluster, showLinks(statement, execution)];
  const name = resolve(statement.link, execution);
  if (isError(name)) return [cluster, name];
  if (statement.kind === 'show-create-link') return [cluster, showCreateLink(name, execution)];
  const result = change(statement, name, execution);
  return 'errno' in result ? [cluster, result] : [result, ok];
}

function change(
  statement: Of<'create-link' | 'alter-link' | 'drop-link'>,
  name: Name,
  execution: Execution,
): Cluster | ErrorReply {
  const { cluster, user } = execution;
  const refused = refusal(commandOf(statement.kind), name, user);
  if (refused) return refused;
  if (cluster.databases.get(name.database)?.readOnly) return assumed.readOnlyWorkspace();
  const existing = cluster.links.get(keyOf(name));
  if (statement.kind === 'create-link') return createLink(statement, name, existing, cluster);
  if (existing === undefined) return assumed.unknownLink(quoted(name));
  if (statement.kind === 'drop-link') return { ...cluster, links: cluster.links.delete(keyOf(name)) };
  return alterLink(statement.clauses, existing, cluster);
}

function createLink(
  statement: Of<'create-link'>,
  name: Name,
  existing: Link | undefined,
  cluster: Cluster,
): Cluster | ErrorReply {
  const { type, config, description } = statement;
  if (existing && statement.ifNotExists) return cluster;
  if (existing && !statement.orReplace) return assumed.linkExists(quoted(name));
  if (existing && existing.type !== type) return assumed.linkTypeChange(quoted(name));
  if (jsonObject(config) === undefined) return assumed.badJson('CONFIG');
  const credentials = jsonObject(statement.credentials);
  if (credentials === undefined) return assumed.badJson('CREDENTIALS');
  if (existing && assumed.orReplaceLinkWhileRunning === 'refused') {
    const refused = runningRefusal(name, cluster);
    if (refused) return refused;
  }
  const link: Link = { ...name, type, config, credentials, description };
  return { ...cluster, links: cluster.links.set(keyOf(name), link) };
}

function alterLink(clauses: readonly SetClause[], link: Link, cluster: Cluster): Cluster | ErrorReply {
  const refused = runningRefusal(link, cluster);
  if (refused) return refused;
  let altered = link;
  for (const clause of clauses) {
    const before = clause.of === 'CONFIG' ? (JSON.parse(link.config) as JsonObject) : link.credentials;
    const value = 'json' in clause ? jsonObject(clause.json) : { ...before, [clause.key]: clause.value };
    if (value === undefined) return assumed.badJson(clause.of);
    if (clause.of === 'CREDENTIALS') altered = { ...altered, credentials: value };
    else altered = { ...altered, config: 'json' in clause ? clause.json : JSON.stringify(value) };
  }
  return { ...cluster, links: cluster.links.set(keyOf(link), altered) };
}

/** Documented: ALTER LINK fails while a pipeline that uses the link runs, whatever database that pipeline is in. */
function runningRefusal(link: Name, cluster: Cluster): ErrorReply | undefined {
  const user = cluster.pipelines.find((pipeline) => isRunning(pipeline) && usesLink(pipeline, link));
  return user && assumed.alterLinkWhileRunning(quoted(link), quoted(user));
}

function showLinks(statement: Of<'show-links'>, execution: Execution): Reply {
  const { cluster, user } = execution;
  const name = resolve({ database: statement.database, name: '*' }, execution);
  if (isError(name)) return name;
  const refused = refusal('SHOW LINKS', { ...name, name: name.database }, user);
  if (refused) return refused;
  const links = [...cluster.links.values()]
    .filter(({ database }) => database === name.database)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    type: 'rows',
    columns: ['Link', 'Type', 'Description', 'Config'].map((column) => ({ name: column, type: 'text' })),
    rows: links.map((link) => [link.name, link.type, link.description, link.config]),
  };
}

function showCreateLink(name: Name, { cluster, user }: Execution): Reply {
  const refused = refusal('SHOW CREATE LINK', name, user);
  if (refused) return refused;
  const link = cluster.links.get(keyOf(name));
  if (link === undefined) return assumed.unknownLink(quoted(name));
  if (link.type === 'HTTP') return assumed.showCreateHttpLink();
  const description = link.description && assumed.showCreateLinkDescription(doubleQuoted(link.description));
  const text =
    `CREATE LINK ${quoteName(link.name)} AS ${link.type} CONFIG ${doubleQuoted(link.config)} ` +
    `CREDENTIALS <CREDENTIALS REDACTED>${description}`;
  return {
    type: 'rows',
    columns: ['Link Name', 'Create Link'].map((column) => ({ name: column, type: 'text' })),
    rows: [[link.name, text]],
  };
}

const ESCAPED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };

function doubleQuoted(text: string): string {
  return `"${text.replace(/[\\"\n\r\t\0]/g, (char) => ESCAPED[char] ?? `\\${char}`)}"`;
}
