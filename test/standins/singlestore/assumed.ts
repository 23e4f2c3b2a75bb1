/**
 * Every number and text below is invented: no public page of SingleStore gives it. Beside each, the question that a real
 * server answers. Correcting one is one edit here.
 */
export const assumed = {
  /** Q: errno and text of ALTER LINK while a pipeline that uses the link runs? Does it name the pipeline? */
  alterLinkWhileRunning: (link: string, pipeline: string) =>
    error(2470, 'HY000', `Cannot alter link ${link} because pipeline ${pipeline} is running`),
  /** Q: text of errno 2332 (the number is known from DROP LINK)? Is it the same for ALTER LINK and SHOW CREATE LINK? */
  unknownLink: (link: string) => error(2332, 'HY000', `Link ${link} does not exist`),
  /** Q: errno when CREATE LINK finds the name taken? */
  linkExists: (link: string) => error(2331, 'HY000', `Link ${link} already exists`),
  /** Q: errno when CREATE OR REPLACE LINK changes the type? */
  linkTypeChange: (link: string) => error(2333, 'HY000', `The type of link ${link} cannot be changed`),
  /** Q: errno and text of CONFIG or CREDENTIALS that is not a JSON object? Does it repeat the text? (Here it does not.) */
  badJson: (clause: string) => error(1844, 'HY000', `${clause} is not a valid JSON object`),
  /** Q: errno of SHOW CREATE LINK on an HTTP link? (That it is not supported is documented.) */
  showCreateHttpLink: () =>
    error(1706, 'HY000', "Feature 'SHOW CREATE LINK for HTTP links' is not supported by SingleStore."),
  /** Q: errno and text of an unknown pipeline? */
  unknownPipeline: (pipeline: string) => error(1935, 'HY000', `Pipeline ${pipeline} doesn't exist`),
  /** Q: errno when CREATE PIPELINE finds the name taken? */
  pipelineExists: (pipeline: string) => error(1936, 'HY000', `Pipeline ${pipeline} already exists`),
  /** Q: text of errno 1939 (the number is known)? */
  alreadyRunning: (pipeline: string) => error(1939, 'HY000', `Pipeline ${pipeline} is already running`),
  /** Q: errno and text of STOP PIPELINE on a stopped pipeline? */
  notRunning: (pipeline: string) => error(1940, 'HY000', `Pipeline ${pipeline} is not running`),
  /** Q: errno of DROP, TEST or CREATE OR REPLACE on a running pipeline? */
  mustBeStopped: (pipeline: string) => error(1941, 'HY000', `Pipeline ${pipeline} must be stopped first`),
  /** Q: errno of the documented text that refuses prepared statements while audit logging is on? */
  preparedWithAuditLogging: () =>
    error(1706, 'HY000', "Feature 'Audit logging with binary protocol' is not supported by SingleStore."),
  /** Q: errno of a prepared statement that this stand-in cannot run without audit logging either? */
  preparedNotSupported: () =>
    error(1295, 'HY000', 'This command is not supported in the prepared statement protocol yet'),
  /** Q: errno and text of DDL through a read-only workspace? */
  readOnlyWorkspace: () =>
    error(1290, 'HY000', 'The database is attached read-only to this workspace; it cannot execute this statement'),
  /** Q: errno of an object that is listed but cannot be read? (1933, for the listing, is known.) */
  cannotReadObject: (source: string) =>
    ({ errno: 1934, message: `ER_EXTRACTOR_EXTRACTOR_EXTRACT: Cannot extract data for pipeline. ${source}` }) as const,
  /** Q: does a KILL of a blocked STOP PIPELINE withdraw the stop, or does it go on without its client? */
  killedStop: 'withdrawn' as 'withdrawn' | 'goes-on',
  /** Q: which privileges does ALTER LINK need? (The permissions matrix could not be read.) */
  alterLinkNeeds: ['CREATE LINK', 'SHOW LINK'],
  /** Q: does CREATE OR REPLACE LINK succeed while a pipeline that uses the link runs? */
  orReplaceLinkWhileRunning: 'succeeds' as 'succeeds' | 'refused',
  /** Q: does CONFIG_JSON of a pipeline on a link name the link, and under which key? (None here.) */
  configJsonLinkKey: undefined as string | undefined,
  /** Q: how is DESCRIPTION shown by SHOW CREATE LINK? */
  showCreateLinkDescription: (quoted: string) => ` DESCRIPTION ${quoted}`,
  /** Q: how long is a failing pipeline's next wait? (The documented defaults of 9.0: doubles, up to ten intervals.) */
  longestRetryIntervals: 10,
  /** Q: how many batches are kept? (pipelines_batches_metadata_to_keep of the 6.7 list.) */
  batchesToKeep: 1000,
  /** Q: how many errors are kept? (pipelines_max_errors_per_partition of the 6.7 list.) */
  errorsToKeep: 1000,
  /** Q: how soon does a pipeline look at its source again? (BATCH_INTERVAL's documented default, in ms.) */
  batchIntervalMs: 2500,
  /** Q: what do the engines of each line call themselves? Helios gets features apart from engine releases. */
  memsqlVersion: { '8.9': '8.9.28', '9.0': '9.0.23', '9.1': '9.1.1', helios: '9.0.23' },
  /** Q: since when is OR REPLACE part of CREATE LINK? (The 9.1 page has it, 8.5 has not.) */
  orReplaceLink: { '8.9': false, '9.0': true, '9.1': true, helios: true },
  /** Q: values of the server variables on a real cluster? */
  variables: { max_allowed_packet: 104857600, sql_mode: 'STRICT_ALL_TABLES', aggregator_id: 1 },
} as const;

function error(errno: number, sqlState: string, message: string) {
  return { type: 'error', errno, sqlState, message } as const;
}
