import { randomUUID } from 'node:crypto';
import type { World } from '../ports';
import { openAccessKeys } from './accessKeys';
import { readSettings } from './config';
import { openLog } from './log';
import { openMetrics } from './metrics';
import { openSecrets } from './secretsManager';
import { openClusters } from './singlestore';
import { openTable } from './table';
import { openTrials } from './trials';

/**
 * Opens everything outside: once for each cold start. No call is made but to read `ROTATIONS` out of a secret.
 *
 * @throws CONFIG_INVALID, SECRET_UNREADABLE, SECRET_SHAPE, AWS_REFUSED
 */
export async function openWorld(env: NodeJS.ProcessEnv): Promise<World> {
  const secrets = openSecrets();
  const { definitions, table } = await readSettings(env, async (arn) => {
    const current = await secrets.read(arn, { label: 'AWSCURRENT' });
    return current?.value.reveal() ?? null;
  });
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
    metrics: openMetrics(now),
    definitions,
  };
}
