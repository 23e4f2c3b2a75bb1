import { assumed } from './assumed';
import { keyOf, may, quoteName } from './cluster';
import type { Cluster, InlineSource, Name, Pipeline, User } from './cluster';
import type { Execution } from './execution';
import type { ErrorReply, Reply } from './reply';
import { jsonObject } from './statement';
import type { PipelineOptions } from './statement';

/** Where a pipeline reads from, and how SHOW CREATE PIPELINE will print that; or why there can be no such pipeline. */
export function sourceOf(
  { source, path, rest }: PipelineOptions,
  pipeline: Name,
  { cluster, user }: Execution,
): Pick<Pipeline, 'source' | 'sourceType' | 'definition'> | ErrorReply {
  const printedPath = `'${path.replace(/[\\']/g, '\\$&')}'`;
  if ('type' in source) {
    const { type } = source;
    const config = jsonObject(source.config);
    const credentials = jsonObject(source.credentials);
    if (config === undefined || credentials === undefined) {
      return assumed.badJson(config === undefined ? 'CONFIG' : 'CREDENTIALS');
    }
    const inline: InlineSource = { type, config, credentials };
    return { source: { inline }, sourceType: type, definition: { source: `${type} ${printedPath}`, rest } };
  }
  const link = { database: source.link.database ?? pipeline.database, name: source.link.name };
  if (!may(user, 'SHOW LINK', link.database)) return assumed.linkDenied('SHOW LINK', user.name, link.name);
  const known = cluster.links.get(keyOf(link));
  if (known === undefined) return assumed.unknownLink(`${quoteName(link.database)}.${quoteName(link.name)}`);
  const printedLink =
    link.database === pipeline.database
      ? bare(link.name)
      : assumed.linkOfOtherDatabase(bare(link.database), bare(link.name));
  return {
    source: { link },
    sourceType: assumed.configJsonSourceType(known.type),
    definition: { source: `LINK ${printedLink} ${printedPath}`, rest },
  };
}

/** Published dumps show the link without backticks; where a name needs them, it gets them. */
export function bare(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoteName(name);
}

export function showCreatePipeline(pipeline: Pipeline, extended: boolean, { settings }: Cluster, user: User): Reply {
  const { name, definition } = pipeline;
  const hidden = settings.hidesSources && !may(user, 'SUPER', '*');
  const kind = pipeline.aggregator ? 'AGGREGATOR PIPELINE' : 'PIPELINE';
  const source = hidden ? assumed.hiddenSource : definition.source;
  const text = `CREATE ${kind} ${quoteName(name)} AS LOAD DATA ${source}${definition.rest}`;
  const more = extended ? assumed.extended : [];
  const offsets = [true, false].map((loaded) => offsetsOf(pipeline, loaded));
  return {
    type: 'rows',
    columns: ['Pipeline', 'Create Pipeline', ...more.map(({ title }) => title)].map((title) => ({
      name: title,
      type: 'text',
    })),
    rows: [[name, text, ...more.map((column) => column.text(quoteName(name), offsets[0]!, offsets[1]!))]],
  };
}

/** Offsets by file: a file has one, which is 1 once it is loaded (as in PIPELINES_CURSORS). */
function offsetsOf({ files }: Pipeline, asLoaded: boolean): string {
  const offsets = [...files.values()].map(
    ({ name, state }) => [name, !asLoaded || state === 'Loaded' ? 1 : 0] as const,
  );
  return JSON.stringify(Object.fromEntries(offsets.sort(([a], [b]) => (a < b ? -1 : 1))));
}
