import { type Duration, type Stack, Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { completeArn, defaults, type LinkTarget, type RotationOptions } from './rotation-options';
import { hoursBetween } from './schedule';

/** @throws quoting the value that is wrong */
export function checkOptions(options: RotationOptions, timeout: Duration): void {
  checkTargets(options.targets);
  const { limits = {}, retireAfterHours, source } = options;
  mustBe('limits.drainSeconds', limits.drainSeconds, 1, 600);
  mustBe('limits.proofSeconds', limits.proofSeconds, 1, 600);
  mustBe('limits.connections', limits.connections, 1, 64);
  mustBe('retireAfterHours', retireAfterHours, 0, 8760, false);
  if (source.mirrored !== undefined) completeArn('source', source.mirrored);
  // the function needs 30 s to change and resume behind the drain, and prepares the pause before it
  const needed = (limits.drainSeconds ?? defaults.drainSeconds) + 90;
  if (needed > timeout.toSeconds()) {
    throw new Error(
      `'limits.drainSeconds' must leave 90 s of the function's timeout for all but the drain: ` +
        `${limits.drainSeconds ?? defaults.drainSeconds} s do not fit ${timeout.toHumanString()}`,
    );
  }
  const proof = limits.proofSeconds ?? defaults.proofSeconds;
  if (proof + 90 > timeout.toSeconds())
    throw new Error(
      `'limits.proofSeconds' must leave 90 s of the function's timeout: ${proof} s do not fit ${timeout.toHumanString()}`,
    );
}

/** @throws quoting the value */
export function mustBe(name: string, value: number | undefined, lowest: number, highest: number, whole = true): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return;
  throw new Error(`'${name}' must be ${whole ? 'a whole number ' : ''}from ${lowest} to ${highest}, got ${value}`);
}

function checkTargets(targets: readonly LinkTarget[]): void {
  if (targets.length === 0) throw new Error(`'targets' must name at least one cluster, got []`);
  for (const { connectionSecret, links, port } of targets) {
    mustBe('port', port, 1, 65_535);
    if (links.length === 0)
      throw new Error(`'links' must name at least one link of ${connectionSecret.secretName}, got []`);
    for (const link of links) {
      if (!Token.isUnresolved(link) && !/^(`(?:[^`]|``)+`|[^`.\s]+)\.(`(?:[^`]|``)+`|[^`.\s]+)$/.test(link))
        throw new Error(`'links' must be database.link or database.*, quoted as in SQL, got '${link}'`);
    }
  }
}

export function checkRegion({ env }: ISecret, { region }: Stack): void {
  if (Token.isUnresolved(env.region) || Token.isUnresolved(region) || env.region === region) return;
  throw new Error(`'secret' must be in the stack's Region, ${region}, got a secret in ${env.region}`);
}

/** A key that is not yet retired when the next rotation comes leaves it no free slot. */
export function checkRetirement({ source, retireAfterHours }: RotationOptions, schedule: string): void {
  if (source.user === undefined) return;
  const after = retireAfterHours ?? defaults.retireAfterHours;
  const between = hoursBetween(schedule);
  if (after < between) return;
  throw new Error(
    `'retireAfterHours' must be shorter than the schedule's interval, or each rotation finds both key slots taken: ` +
      `'${schedule}' may come after ${between} hours, got ${after}`,
  );
}
