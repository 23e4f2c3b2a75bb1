import { randomUUID } from 'node:crypto';
import { asRotationError, type RotationError } from '../core/errors';
import type { World } from '../ports';
import { openAccessKeys } from './accessKeys';
import { readSettings } from './config';
import { openLog } from './log';
import { openMetrics } from './metrics';
import { openNotices } from './notices';
import { openSecrets } from './secretsManager';
import { openClusters } from './singlestore';
import { openTable } from './table';
import { openTrials } from './trials';

/**
 * Opens everything outside: once for each cold start. No call is made but to read `ROTATIONS` out of a secret. Definitions that
 * cannot be read are a `problem` of the world, not its end: what a dead run left paused is resumed without them.
 *
 * @throws CONFIG_INVALID without a table for the journal
 */
export async function openWorld(env: NodeJS.ProcessEnv): Promise<World> {
  const secrets = openSecrets();
  const { definitions, table, problem } = await readSettings(env, async (arn) => {
    const current = await secrets.read(arn, { label: 'AWSCURRENT' });
    return current?.value.reveal() ?? null;
  })
    .then((settings) => ({ ...settings, problem: null }))
    .catch((thrown: unknown) => withoutDefinitions(env, asRotationError(thrown)));
  const now = (): number => Date.now();
  return {
    clock: { now, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
    newId: () => randomUUID(),
    secrets,
    table: openTable(table),
    clusters: openClusters({ random: () => randomUUID() }),
    keys: openAccessKeys(),
    trials: openTrials(env),
    log: openLog(env['LOG_LEVEL'], now),
    metrics: openMetrics(now, env['AWS_LAMBDA_FUNCTION_NAME']),
    notices: openNotices(env),
    definitions,
    problem,
  };
}

function withoutDefinitions(env: NodeJS.ProcessEnv, problem: RotationError) {
  const table = env['JOURNAL_TABLE']?.trim() ?? '';
  if (table === '') throw problem;
  return { definitions: [], table, problem };
}
