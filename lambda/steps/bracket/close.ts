import type { Failure } from '../../core/bracket';
import { RotationError } from '../../core/errors';
import { through, type Bracket, type HeldVersion } from '../../core/journal';
import type { QualifiedName } from '../../core/names';
import { activityOf, isInError } from '../../core/pipeline';
import { mustBeWhole, writeChunks } from '../set';
import { advice } from './advice';
import type { Progress } from './progress';
import { leftToTheirMaker } from './remade';

/**
 * Every member was seen started, or gone: the journal says so, with the marks that a proof is measured against. Batches
 * above a mark began after the resume, so they cannot have loaded with the credentials from before.
 */
export async function close(p: Progress): Promise<void> {
  const { held, cluster } = p.work;
  // what a dead run has promised is known by the journal alone
  if (p.situation.aim === 'resume') await mustBeWhole(p.run, p.record);
  if (p.situation.open && p.bracket !== null) {
    const batches = await cluster.batches();
    const id = p.bracket.id;
    await Promise.all(
      p.chunks.map((chunk, at) => {
        const marked = chunk.map((member) => ({ ...member, batchesAfter: batches.get(member.pipeline)?.ended ?? 0 }));
        return writeChunks(p.run, p.record, id, at, marked);
      }),
    );
    const lingering = p.chunks
      .flat()
      .filter(({ pipeline }) => mayStopYet(p, pipeline))
      .map(({ pipeline, identity }) => ({
        pipeline,
        ...(identity === undefined ? {} : { identity }),
        ended: batches.get(pipeline)?.ended ?? 0,
        grown: 0,
      }));
    const bracket: Bracket = { ...p.bracket, phase: 'resumed', resumedAt: p.run.clock.now(), lingering };
    const holds = holdsNow(p);
    // a link that never took the value is still the one's who changed it last
    const secretId = holds === p.record.holds ? p.record.secretId : held.item.secretId;
    await held.save((item) => ({ ...through(item, p.left, p.run.clock.now()), secretId, holds, bracket }));
    p.bracket = bracket;
  }
  report(p);
}

/** Our STOP may still come into effect, or somebody's test of what we had stopped will end in Stopped. */
function mayStopYet({ lingering, situation: { states, remade } }: Progress, member: QualifiedName): boolean {
  if (remade.has(member)) return false;
  const activity = activityOf(states?.get(member) ?? 'Stopped');
  return activity === 'busy' || activity === 'unknown' || (activity === 'running' && lingering.has(member));
}

/** Only an answered ALTER takes the other version out of the record; one that was never sent takes back what was promised. */
function holdsNow(p: Progress): readonly HeldVersion[] {
  const { change, held } = p.work;
  if (change !== null && p.situation.change === 'made') return [{ ...change.to, since: p.run.clock.now() }];
  return change === null || p.alterMayHaveActed ? held.item.holds : p.record.holds;
}

/** The error of a change that was given up and is closed. */
export function failureOf(p: Progress, { code, what }: Failure): RotationError {
  const left = !p.situation.open
    ? 'Nothing was paused or changed'
    : p.alterMayHaveActed
      ? 'All that was stopped was started again; the link holds the old or the new credentials, and the retry settles which'
      : `All that was stopped was started again, on the credentials that the link had${mayStop(p)}`;
  const remade = leftToTheirMaker(p);
  const kept =
    remade.length === 0 ? '' : `; ${remade.join(', ')}, dropped and made anew by somebody meanwhile, is left Stopped`;
  const todo = advice[code] === undefined ? '' : ` ${advice[code]}`;
  return new RotationError(
    code,
    `link ${p.record.link} on ${p.record.cluster}: ${what}. ${left}${kept}. The next retry of the rotation tries again.${todo}`,
  );
}

function mayStop({ bracket }: Progress): string {
  const names = (bracket?.lingering ?? []).map(({ pipeline }) => pipeline);
  return names.length === 0 ? '' : `; ${names.join(', ')} may stop yet, and is started by the watchdog then`;
}

function report(p: Progress): void {
  const { link, cluster } = p.record;
  const { members, states, failure, change } = p.situation;
  const pauses = [...p.pauses.values()];
  p.run.log.info('bracket-closed', {
    link,
    cluster,
    version: p.bracket?.to ?? null,
    credentials: change === 'made' ? 'changed' : 'unchanged',
    failure: failure?.code ?? null,
    members: members.size,
    longestPauseMs: pauses.reduce((longest, { milliseconds }) => Math.max(longest, milliseconds), 0),
  });
  if (pauses.length > 0) {
    p.run.metrics.put('PipelinesPaused', pauses.length, 'Count');
    p.run.metrics.put(
      'PipelinePauseMilliseconds',
      pauses.map(({ milliseconds }) => milliseconds),
      'Milliseconds',
    );
    const secretId = p.work.change?.secretId ?? p.record.secretId;
    p.run.pauses.push(...pauses.map((pause) => ({ secretId, cluster, link, ...pause })));
  }
  const gone = [...members].filter((member) => states?.has(member) === false);
  if (gone.length > 0) p.run.log.warn('pipelines-gone', { link, cluster, pipelines: gone });
  const remade = leftToTheirMaker(p);
  if (remade.length > 0) p.run.log.warn('pipelines-remade', { link, cluster, pipelines: remade });
  const inError = [...members].filter((member) => isInError(states?.get(member)));
  if (inError.length > 0) p.run.log.warn('pipelines-in-error', { link, cluster, pipelines: inError });
}
