import type { ErrorCode } from '../lambda/core/errors';
import * as run from './commands';
import { phrase, type Entry } from './entry';

const before = 'createSecret and setSecret before anything is paused, the pre-flight, the plan';
const reached = 'Any step, and the watchdog.';
const held =
  'Over this connection nothing was changed. If it broke during a pause, what is paused stands in the journal.';

/** Reaching the cluster, and what it has and allows. */
export const clusterCodes = {
  CONNECTION_SECRET_SHAPE: {
    failed: 'The connection secret has a wrong shape. The message says which key, never its value.',
    where: reached,
    left: `${phrase.nothingHere} No connection was made with it.`,
    next: `${phrase.retry} The secret is read anew by each call.`,
    person: 'Store `{"host","port","username","password","ca"?,"tls"?}`, from a file.',
    run: [
      'aws secretsmanager put-secret-value --secret-id CONNECTION_SECRET --secret-string file://connection.json',
      run.plan,
    ],
  },
  CONNECTION_REFUSED: {
    failed: 'No connection to the cluster: the name, the port, the network, or it has none to give.',
    where: reached,
    left: held,
    next: `${phrase.retry} ${phrase.watchdog} It makes do with two connections.`,
    person:
      'Check host and port, the security group of the function, and the firewall of the cluster. "Too many connections": lower `limits.connections`. If pipelines are paused there: [a pipeline is left paused](#a-pipeline-is-left-paused).',
    run: [run.plan],
  },
  CONNECTION_LOST: {
    failed: 'A connection broke before its answer came.',
    where: reached,
    left: 'What was asked changes nothing. If pipelines were paused then, they were started again or stand in the journal.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person: 'If it goes on so, look for a proxy or load balancer that ends connections, or lower `limits.connections`.',
    run: [run.plan],
  },
  LOGIN_REFUSED: {
    failed: 'The cluster does not let the user of the connection secret in.',
    where: reached,
    left: held,
    next: `${phrase.retry} ${phrase.watchdog}`,
    person:
      'Store the right user and password in the connection secret; the next call reads it. A user that logs in by another method takes `mysql_native_password`.',
    run: [
      'aws secretsmanager put-secret-value --secret-id CONNECTION_SECRET --secret-string file://connection.json',
      run.plan,
    ],
  },
  TLS_REFUSED: {
    failed:
      'The cluster offers no TLS, or its certificate is not the one that is expected. The message has the reason that TLS gives.',
    where: reached,
    left: `${held} The password was not sent.`,
    next: `${phrase.retry} ${phrase.watchdog}`,
    person:
      'Store the CA of the cluster in `"ca"`, and the name that is in its certificate in `"host"`. If neither has changed, somebody may stand between: find out before you change anything.',
    run: [
      'openssl s_client -starttls mysql -connect HOST:PORT -showcerts </dev/null',
      'aws secretsmanager put-secret-value --secret-id CONNECTION_SECRET --secret-string file://connection.json',
    ],
  },
  SQL_MODE_UNSAFE: {
    failed: 'The session reads text otherwise than it is written: `NO_BACKSLASH_ESCAPES` or `ANSI_QUOTES`.',
    where: reached,
    left: `${held} No credentials were sent.`,
    next: phrase.retry,
    person: 'Take the mode out of `sql_mode` at the cluster.',
    run: ['SELECT @@GLOBAL.sql_mode;', run.plan],
  },
  STATEMENT_REFUSED: {
    failed:
      'The server refused a statement for a reason that has no code of its own, or one was not sent because it could not be written safely. The message has the number.',
    where: reached,
    left: 'The statement was not carried out. If pipelines were paused then, they were started again or stand in the journal.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person:
      'Look the number up in SingleStore’s list of errors. "SHOW PROCESSLIST does not show the connection": connect to the master aggregator itself, not through a proxy.',
    run: [run.plan],
  },
  GRAMMAR_UNKNOWN: {
    failed: 'The server knows neither ALTER LINK nor CREATE OR REPLACE LINK.',
    where: `${before}.`,
    left: phrase.nothing,
    next: phrase.retry,
    person: 'Upgrade the server: ALTER LINK came with 9.1.',
    run: ['SELECT @@memsql_version;'],
  },
  PRIVILEGE_MISSING: {
    failed: 'The user of the connection secret lacks a privilege. The message has the GRANT.',
    where: `${before}; any statement whose right was taken away meanwhile.`,
    left: 'The statement was not carried out. Before the first pause nothing was changed; later, what was stopped was started again or stands in the journal.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person: 'Run the GRANT of the message as an administrator of the cluster.',
    run: [run.grants, run.plan],
  },
  WORKSPACE_WRONG: {
    failed: 'The database is attached read-only to the workspace that answers, or not at all.',
    where: `${before}.`,
    left: phrase.nothing,
    next: phrase.retry,
    person: 'Name the endpoint of the workspace that has it attached read-write in the connection secret.',
    run: [
      'aws secretsmanager put-secret-value --secret-id CONNECTION_SECRET --secret-string file://connection.json',
      run.plan,
    ],
  },
  LINK_MISSING: {
    failed:
      'A link that the definition names, that a pipeline reads through, or that may hold a version, is not there or not shown to this user.',
    where: `${before}; moving a link back.`,
    left: 'Nothing was changed on that link. Other links of a way back were moved.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person:
      'Correct `links` and deploy, GRANT SHOW LINK on its database, or name the endpoint of the workspace that has it. A link that is gone for good: [take it out of the journal](#the-links-have-moved).',
    run: ['SHOW LINKS ON `database`;', run.grants, run.plan],
  },
  SOURCE_HIDDEN: {
    failed:
      'The definition of a running pipeline does not show what it reads from, so nobody can tell whether it uses the link.',
    where: `${before}; a pipeline that was made during the pause.`,
    left: `Before the first pause: nothing was changed. In it: ${phrase.resumed}`,
    next: phrase.retry,
    person: 'Let the user see it.',
    run: ["GRANT SHOW PIPELINE ON `database`.* TO 'rotator'@'%';", run.plan],
  },
  PIPELINE_BUSY: {
    failed:
      'A pipeline on the link is in the foreground, testing or profiling, which is somebody’s session, or in a state that is not known.',
    where: `${before}; in the pause, when it came to it meanwhile.`,
    left: `Nothing was paused on that link; or, in the pause: ${phrase.resumed}`,
    next: `${phrase.retry} It goes on when that session has ended.`,
    person: 'Let the session end, or end it. A state that is not known to this program: report it.',
    run: [run.states, run.rotate],
  },
} as const satisfies Partial<Record<ErrorCode, Entry>>;
