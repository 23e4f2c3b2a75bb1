import { speaksOf, type RotationDefinition } from '../core/definition';
import { asRotationError } from '../core/errors';
import { linkKey, settledOn, type LinkRecord } from '../core/journal';
import type { Invocation } from '../ports';
import { evidenceAgainst, hasKey } from './evidence';
import { hasChanged } from './follow';
import { isDead, needsResume, type Recovery } from './recover';
import { proofsOf } from './retire';
import { secretRecord } from './rotation';
import { readSet } from './set';
import { leftBehind, promotedOf, reasons, untestedOf, whatIsWrong } from './settle';
import { names } from './targets';

/** What the watchdog would do if it came now: the same fields, with nothing done. */
export interface Foresight extends Recovery {
  readonly dryRun: true;
}

type Try = <R>(work: () => Promise<R>) => Promise<R | undefined>;

/** Looks at everything that the watchdog looks at. No effect, anywhere. `failures`: what could not be looked at, so that it is not known. */
export async function foresee(run: Invocation): Promise<Foresight> {
  const failures = run.problem === null ? [] : [run.problem.message];
  const attempt: Try = async (work) => {
    try {
      return await work();
    } catch (thrown) {
      failures.push(asRotationError(thrown).message);
      return undefined;
    }
  };
  const now = run.clock.now();
  const records = (await run.table.list('link')).map(({ item }) => item);
  const free = records.filter(({ lease }) => lease === null || lease.until <= now);
  const left = (await Promise.all(free.filter((record) => isDead(record, now)).map((record) => readSet(run, record))))
    .flat(2)
    .map(({ pipeline }) => pipeline);
  const perSecret = await Promise.all(
    run.definitions.map(async (definition) => ({
      settled: (await attempt(() => toSettle(run, definition, free, now))) ?? [],
      retired: (await attempt(() => toRetire(run, definition, now))) ?? [],
      started: (await attempt(() => toStart(run, definition))) ?? [],
    })),
  );
  return {
    dryRun: true,
    resumed: free.filter(needsResume).map(({ cluster, link }) => linkKey(cluster, link)),
    settled: perSecret.flatMap(({ settled }) => settled),
    retired: perSecret.flatMap(({ retired }) => retired),
    started: perSecret.flatMap(({ started }) => started),
    leftPaused: left,
    failures,
  };
}

async function toSettle(
  run: Invocation,
  definition: RotationDefinition,
  free: readonly LinkRecord[],
  now: number,
): Promise<readonly string[]> {
  const secret = await run.secrets.describe(definition.secretId);
  if (secret.deleted) return [];
  const record = await secretRecord(run, secret.arn);
  const promoted = promotedOf(record, secret);
  const own = free.filter((link) => link.secretId === secret.arn && names(definition, link));
  const found: string[] = [];
  for (const link of own.filter(({ bracket }) => bracket?.phase !== 'open')) {
    const { bracket } = link;
    if (bracket?.direction === 'back' && settledOn(link, bracket.to)) continue;
    const wrong = (await whatIsWrong(run, link, secret, record, now)) ?? leftBehind(link, promoted, record);
    if (wrong !== null)
      found.push(`${linkKey(link.cluster, link.link)}: ${reasons[wrong.reason]}; the link goes back to AWSCURRENT`);
  }
  const untested = untestedOf(record, secret, now);
  if (untested !== null) found.push(`${secret.arn}: version ${untested} is proven, though late`);
  return found;
}

async function toRetire(run: Invocation, definition: RotationDefinition, now: number): Promise<readonly string[]> {
  const stored = (await run.table.list('secret')).find(({ key }) => speaksOf(definition, key));
  if (stored === undefined) return [];
  const { key: arn, item } = stored;
  const due = item.retirements
    .filter(({ dueAt, endingAt, retiredAt }) => retiredAt === undefined && (endingAt !== undefined || dueAt <= now))
    .filter(hasKey);
  if (due.length === 0 || (await proofsOf(run, item.unproven)).refused.length > 0) return [];
  const free: string[] = [];
  for (const retirement of due)
    if ((await evidenceAgainst(run, definition, arn, retirement)) === null) free.push(retirement.keyId);
  return free;
}

async function toStart(run: Invocation, { secretId, source }: RotationDefinition): Promise<readonly string[]> {
  return source.type === 'mirror' && (await hasChanged(run, secretId, source.secretId)) !== null ? [secretId] : [];
}
