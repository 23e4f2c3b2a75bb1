/**
 * Every number, text and choice below is invented: no public page of SingleStore gives it. Beside each, the question that a
 * real server answers. Correcting one is one edit here.
 */
export const assumed = {
  // ALTER LINK and other statements on links

  /** Q: errno and text of ALTER LINK while a pipeline that uses the link runs? Does it name the pipeline? */
  alterLinkWhileRunning: (link: string, pipeline: string) =>
    error(2470, 'HY000', `Cannot alter link ${link} because pipeline ${pipeline} is running`),
  /** Q: in which states does a pipeline make ALTER LINK fail? (That Running does is documented.) */
  blocksAlterLink: ['Running', 'Running...Foreground', 'Testing', 'Profiling'] as readonly string[],
  /** Q: errno of a statement that the server's grammar does not have, such as ALTER LINK before 9.1? (Here MySQL's.) */
  unknownStatement: 1064,
  /** Q: is a link statement without its privilege refused in the words that are documented for STOP PIPELINE? */
  linkDenied: (command: string, user: string, link: string) =>
    error(1142, '42000', `${command} command denied to user '${user}'@'%' for table '${link}'`),
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
  /** Q: how is DESCRIPTION shown by SHOW CREATE LINK? */
  showCreateLinkDescription: (quoted: string) => ` DESCRIPTION ${quoted}`,
  /** Q: does the form `::key` take a key in backticks? (A key with a dot or a hyphen is a parse error without them.) */
  keyInBackticks: 'taken' as 'taken' | 'parse-error',
  /** Q: does the form `::key` take a number for its value, and is it one in the JSON then? (The page has texts only.) */
  numberForKey: 'taken' as 'taken' | 'parse-error',
  /** Q: does CREATE OR REPLACE LINK succeed while a pipeline that uses the link runs? */
  orReplaceLinkWhileRunning: 'succeeds' as 'succeeds' | 'refused',
  /** Q: since when is OR REPLACE part of CREATE LINK? (The 9.1 page has it, 8.5 has not.) */
  orReplaceLink: { '8.9': false, '9.0': true, '9.1': true, helios: true },
  /** Q: what do CONFIG and CREDENTIALS default to? (The page has CREDENTIALS always; the Python SDK leaves it out.) */
  linkDefaults: { CONFIG: '{}', CREDENTIALS: '{}', DESCRIPTION: '' },

  // privileges

  /**
   * Q: which privileges does each statement need, and does each refusal read like that of STOP PIPELINE? (STOP PIPELINE,
   * SHOW LINKS and the statements that a privilege is named after are documented; the permissions matrix could not be read.)
   */
  needs: privileges({
    'ALTER LINK': ['CREATE LINK', 'SHOW LINK'],
    'SHOW CREATE LINK': ['SHOW LINK'],
    'SHOW CREATE PIPELINE': ['SHOW PIPELINE'],
    'DETACH PIPELINE': ['START PIPELINE'],
    'TEST PIPELINE': ['START PIPELINE'],
    'CLEAR PIPELINE ERRORS': ['ALTER PIPELINE'],
    'CREATE FUNCTION': ['CREATE ROUTINE'],
    'DROP FUNCTION': ['ALTER ROUTINE'],
    'SHOW FUNCTIONS': [],
    'SHOW CREATE FUNCTION': [],
  }),
  /** Q: which privilege do CREATE and DROP of databases and users, GRANT and REVOKE need? */
  setUpNeeds: 'SUPER',
  /** Q: what does SHOW CREATE PIPELINE leave out without SUPER? (Documented: "all the sensitive data"; is the link's name?) */
  hidesSources: false as boolean,
  /** Q: and how does that look? */
  hiddenSource: '<SOURCE REDACTED>',

  // databases and workspaces

  /** Q: errno and text of a statement in a database that is not attached to this workspace? */
  unattachedDatabase: (database: string) => error(1049, '42000', `Unknown database '${database}'`),
  /** Q: do SHOW DATABASES and SCHEMATA list a database that is not attached? (Hidden pipelines are documented.) */
  listsUnattachedDatabases: true as boolean,
  /** Q: does information_schema.LINKS list the links of a database that is not attached? */
  listsUnattachedLinks: true as boolean,
  /** Q: errno and text of DDL through a read-only workspace? Does it come before "unknown link"? (Here it does.) */
  readOnlyWorkspace: () =>
    error(1290, 'HY000', 'The database is attached read-only to this workspace; it cannot execute this statement'),

  // pipelines

  /** Q: errno and text of an unknown pipeline? */
  unknownPipeline: (pipeline: string) => error(1935, 'HY000', `Pipeline ${pipeline} doesn't exist`),
  /** Q: errno when CREATE PIPELINE finds the name taken? */
  pipelineExists: (pipeline: string) => error(1936, 'HY000', `Pipeline ${pipeline} already exists`),
  /** Q: does CREATE OR REPLACE keep PIPELINE_ID? (Documented: it alters the pipeline that is there, and renews CREATE_TIME.) */
  orReplaceKeepsPipelineId: true as boolean,
  /** Q: text of errno 1939 (the number is known)? */
  alreadyRunning: (pipeline: string) => error(1939, 'HY000', `Pipeline ${pipeline} is already running`),
  /** Q: errno and text of STOP PIPELINE on a stopped pipeline? */
  notRunning: (pipeline: string) => error(1940, 'HY000', `Pipeline ${pipeline} is not running`),
  /** Q: errno of DROP, TEST or CREATE OR REPLACE on a running pipeline? */
  mustBeStopped: (pipeline: string) => error(1941, 'HY000', `Pipeline ${pipeline} must be stopped first`),
  /** Q: is 1933 also what TEST, a foreground START and a batch give? (Number and text are known of CREATE PIPELINE.) */
  cannotListSource: (source: string) => {
    const text = 'ER_EXTRACTOR_EXTRACTOR_GET_LATEST_OFFSETS: Cannot get source metadata for pipeline.';
    return error(1933, 'HY000', `${text} ${source}`);
  },
  /** Q: errno of an object that is listed but cannot be read? */
  cannotReadObject: (source: string) =>
    error(1934, 'HY000', `ER_EXTRACTOR_EXTRACTOR_EXTRACT: Cannot extract data for pipeline. ${source}`),
  /** Q: what does the source's part of that text say when the link is gone? */
  linkIsGone: 'The link does not exist',
  /** Q: what does it say when nobody answers there? (As the AWS SDK for Go words it.) */
  sourceIsSilent: (cause: string) => `RequestError: send request failed caused by: ${cause}`,
  /** Q: and when the source refuses? (As the AWS SDK for Go words it; CREATE PIPELINE is seen to end so.) */
  sourceRefuses: (code: string, message: string, status: number, request: string) =>
    `${code}: ${message}\n\tstatus code: ${status}, request id: ${request}`,
  /** Q: in which region is a bucket if CONFIG names none? */
  sourceRegion: 'us-east-1',
  /** Q: does SHOW CREATE PIPELINE name the database of a link of another one? */
  linkOfOtherDatabase: (database: string, link: string) => `${database}.${link}`,
  /** Q: titles and contents of the two columns of EXTENDED? (Documented: ALTER statements that set offsets.) */
  extended: [
    { title: 'Alter Pipeline', text: (pipeline: string, offsets: string) => alterOffsets(pipeline, offsets) },
    {
      title: 'Alter Pipeline Latest',
      text: (pipeline: string, _: string, latest: string) => alterOffsets(pipeline, latest),
    },
  ],
  /** Q: does CONFIG_JSON of a pipeline on a link name the link, and under which key? (None here.) */
  configJsonLinkKey: undefined as string | undefined,
  /** Q: what is source_type of a pipeline on a link: the type of the link? */
  configJsonSourceType: (type: string) => type,
  /** Q: does a KILL of a blocked STOP PIPELINE withdraw the stop, or does it go on without its client? */
  killedStop: 'withdrawn' as 'withdrawn' | 'goes-on',
  /** Q: what becomes of the batch in progress at STOP? (Two pages of SingleStore disagree.) */
  stopMode: 'finish' as 'finish' | 'cancel',
  /** Q: how often is a failing batch tried again? (pipelines_max_retries_per_batch_partition of the 6.7 list.) */
  retries: 4,
  /** Q: how long is a failing pipeline's next wait? (The documented defaults of 9.0: doubles, up to ten intervals.) */
  longestRetryIntervals: 10,
  /** Q: how many batches are kept? (pipelines_batches_metadata_to_keep of the 6.7 list.) */
  batchesToKeep: 1000,
  /** Q: how many errors are kept? (pipelines_max_errors_per_partition of the 6.7 list.) */
  errorsToKeep: 1000,
  /** Q: how soon does a pipeline look at its source again? (BATCH_INTERVAL's documented default, in ms.) */
  batchIntervalMs: 2500,
  /** Q: ERROR_KIND of an error of the source, and on which node it is said to be? */
  errorRow: { ERROR_KIND: 'Extract', HOST: '127.0.0.1', PORT: 3306 },

  // external functions

  /** Q: errno and text of an unknown function? */
  unknownFunction: (name: string) => error(1305, '42000', `FUNCTION ${name} does not exist`),
  /** Q: errno and text of a function whose name is taken? */
  functionExists: (name: string) => error(1304, '42000', `FUNCTION ${name} already exists`),
  /**
   * Q: what is Function Type of an external function? (The SHOW FUNCTIONS page has `User Defined Function` for one; the
   * vendor's Python SDK looks for "external" in it.)
   */
  externalFunctionType: 'External User Defined Function',
  /** Q: what does SHOW FUNCTIONS print under Link for a function without one? */
  noFunctionLink: '' as string | null,
  /** Q: and for a link of another database than the function's? (For its own: the bare name, documented.) */
  functionLinkOfOtherDatabase: (database: string, link: string) => `${database}.${link}`,
  /** Q: the text of SHOW CREATE FUNCTION of an external function? (The SDK finds its address in single quotes.) */
  externalFunction: (
    name: string,
    signature: string,
    definer: string,
    { runtime, url, rest }: { readonly runtime: string; readonly url: string; readonly rest: string },
  ) =>
    `CREATE OR REPLACE EXTERNAL FUNCTION ${name}${signature} DEFINER = '${definer}'@'%' AS ${runtime} '${url}' ${rest}`,

  // connections and the server itself

  /** Q: errno of the documented text that refuses prepared statements while audit logging is on? */
  preparedWithAuditLogging: () =>
    error(1706, 'HY000', "Feature 'Audit logging with binary protocol' is not supported by SingleStore."),
  /** Q: errno of a prepared statement that this stand-in cannot run without audit logging either? */
  preparedNotSupported: () =>
    error(1295, 'HY000', 'This command is not supported in the prepared statement protocol yet'),
  /** Q: is the audit log on, unless somebody has changed it? */
  auditLogging: true as boolean,
  /** Q: and at which level? */
  auditLogLevel: { on: 'WRITES-ONLY', off: 'OFF' },
  /** Q: what do the engines of each line call themselves? Helios gets features apart from engine releases. */
  memsqlVersion: { '8.9': '8.9.28', '9.0': '9.0.23', '9.1': '9.1.1', helios: '9.0.23' },
  /** Q: what does the process list say of a connection at work, and which node does MV_PROCESSLIST call it? */
  process: { idle: 'Sleep', busy: 'Query', executing: 'executing', node: 1 },
  /** Q: what does a database have for character set and collation? */
  characters: { set: 'utf8mb4', collation: 'utf8mb4_bin' },
  /** Q: values of the server variables on a real cluster? (max_connections: one cluster of 7.9.5.) */
  variables: {
    aggregator_id: 1,
    autocommit: 1,
    character_set_client: 'utf8mb4',
    character_set_connection: 'utf8mb4',
    character_set_database: 'utf8mb4',
    character_set_results: 'utf8mb4',
    character_set_server: 'utf8mb4',
    collation_connection: 'utf8mb4_bin',
    collation_database: 'utf8mb4_bin',
    collation_server: 'utf8mb4_bin',
    enable_external_functions: 'ON',
    max_allowed_packet: 104857600,
    max_connections: 100000,
    pipelines_stop_on_error: 'ON',
    read_only: 0,
    sql_mode: 'STRICT_ALL_TABLES',
    sql_select_limit: 18446744073709551615n,
    system_time_zone: 'UTC',
    time_zone: 'SYSTEM',
    transaction_isolation: 'READ-COMMITTED',
    tx_isolation: 'READ-COMMITTED',
    wait_timeout: 28800,
  },
} as const;

/** Keeps the names of the statements for the compiler, and not the lists. */
function privileges<Command extends string>(needs: Readonly<Record<Command, readonly string[]>>) {
  return needs;
}

function error(errno: number, sqlState: string, message: string) {
  return { type: 'error', errno, sqlState, message } as const;
}

/** As the SHOW CREATE PIPELINE page prints it, the quotes of JSON escaped. */
function alterOffsets(pipeline: string, offsets: string): string {
  return `ALTER PIPELINE ${pipeline} SET OFFSETS '${offsets.replace(/[\\'"]/g, '\\$&')}'`;
}
