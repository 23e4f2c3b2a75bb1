import { administer } from './administer';
import type { Cluster } from './cluster';
import type { Context } from './execution';
import { runFunctionStatement } from './externalFunctions';
import { inspect } from './inspect';
import { runLinkStatement } from './links';
import { runPipelineStatement } from './pipelines';
import { errorReply } from './reply';
import type { Reply } from './reply';
import { runSelect } from './select';
import type { Statement } from './statement';

/**
 * What a statement does: the cluster after it, and the reply. Pure; time and the source's answer come in the context.
 * The cluster is the same object when nothing changed.
 */
export function execute(cluster: Cluster, statement: Statement, context: Context): [Cluster, Reply] {
  const session = cluster.sessions.get(String(context.connectionId));
  const user = session && cluster.users.get(session.user);
  if (user === undefined) return [cluster, errorReply(2013, 'HY000', 'Lost connection to SingleStore during query')];
  const execution = { ...context, cluster, session: session!, user };
  switch (statement.kind) {
    case 'select':
      return [cluster, runSelect(statement.select, execution)];
    case 'create-link':
    case 'alter-link':
    case 'drop-link':
    case 'show-links':
    case 'show-create-link':
      return runLinkStatement(statement, execution);
    case 'create-pipeline':
    case 'show-create-pipeline':
    case 'show-pipelines':
    case 'start-pipeline':
    case 'stop-pipeline':
    case 'detach-pipeline':
    case 'drop-pipeline':
    case 'test-pipeline':
    case 'clear-errors':
      return runPipelineStatement(statement, execution);
    case 'create-function':
    case 'drop-function':
    case 'show-functions':
    case 'show-create-function':
      return runFunctionStatement(statement, execution);
    case 'show-databases':
    case 'show-tables':
    case 'show-status':
    case 'show-variables':
    case 'show-processlist':
    case 'show-grants':
    case 'show-warnings':
      return [cluster, inspect(statement, execution)];
    case 'create-database':
    case 'drop-database':
    case 'create-user':
    case 'drop-user':
    case 'grant':
    case 'use':
    case 'create-table':
    case 'kill':
    case 'no-effect':
      return administer(statement, execution);
  }
}
