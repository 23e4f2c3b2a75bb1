import { through, type Bracket, type HeldVersion } from '../../core/journal';
import type { QualifiedName } from '../../core/names';
import { writeChunks } from '../set';
import { attempts, refusal, statementMs, union, type Change, type Progress } from './progress';
import { meanAnew, memberOf } from './remade';
import { sweep } from './sweep';

/** Writes the names into the journal, chunks first and the header last: no STOP before it. */
export async function promise(p: Progress, change: Change, pipelines: readonly QualifiedName[]): Promise<void> {
  p.promises += 1;
  if (p.promises > 1 + attempts) {
    p.fail({ code: 'NEWCOMERS', what: `${pipelines.join(', ')} kept being started while the others were paused` });
    return;
  }
  const { held, cluster } = p.work;
  const header: Bracket = p.bracket ?? {
    id: p.run.newId(),
    phase: 'open',
    direction: change.direction,
    to: change.to.version,
    chunks: 0,
    errorsAfter: change.errorsAfter,
    config: change.configBefore,
    openedAt: p.run.clock.now(),
  };
  meanAnew(p, new Set(pipelines));
  const members = pipelines.filter((name) => !p.situation.members.has(name)).map((name) => memberOf(p, name));
  const added = await writeChunks(p.run, p.record, header.id, p.chunks.length, members);
  const bracket = { ...header, chunks: p.chunks.length + added.length };
  const others = before(p.record.holds).filter(({ version }) => version !== change.to.version);
  await held.save((item) => ({
    ...through(item, union(item.connections, cluster.connections())),
    secretId: change.secretId,
    // from here until an answered ALTER the link may hold either
    holds: [...others, change.to],
    bracket,
  }));
  p.chunks.push(...added);
  p.bracket = bracket;
  p.set({
    open: true,
    members: new Set([...p.situation.members, ...pipelines]),
    remade: new Set([...p.situation.remade].filter((name) => !pipelines.includes(name))),
  });
  if (p.promises === 1) await mustStillBeWanted(p, change);
}

/**
 * The version was read before the lease was claimed, and others may have given it up or promoted another one meanwhile. Looked at
 * once the journal says that the link may hold it: whoever gives it up later sees that, and waits for the lease.
 */
async function mustStillBeWanted(p: Progress, { secretId, to, direction }: Change): Promise<void> {
  const { labels } = await p.run.secrets.describe(secretId);
  const carried = labels[to.version] ?? [];
  if (carried.includes('AWSCURRENT') || (direction === 'forward' && carried.includes('AWSPENDING'))) return;
  const label = direction === 'forward' ? 'AWSPENDING' : 'AWSCURRENT';
  p.fail({
    code: 'LABEL_MOVED',
    what: `version ${to.version} does not carry ${label} any more, so the link is left as it is`,
  });
}

/** A link without a record holds a credential that we did not put there. */
const before = (holds: readonly HeldVersion[]): readonly HeldVersion[] =>
  holds.length === 0 ? [{ version: null }] : holds;

/** Stops what runs, within the drain budget, which counts from the first STOP. */
export async function stop(p: Progress, change: Change, pipelines: readonly QualifiedName[]): Promise<void> {
  const { clock } = p.run;
  // a server may answer before STATE follows: ask again, less and less often
  if (p.stopRounds > 0) await clock.sleep(Math.min(25 * 2 ** p.stopRounds, 1_000));
  p.stopRounds += 1;
  p.stopBy ??= clock.now() + change.drainMs;
  const stubborn = pipelines.filter((pipeline) => p.refusedStops.has(pipeline));
  if (stubborn.length > 0) {
    const said = new Set(stubborn.map((pipeline) => refusal(p.refusedStops.get(pipeline))));
    p.fail({
      code: 'STOP_REFUSED',
      what: `the server refused STOP PIPELINE for ${stubborn.join(', ')}: ${[...said].join(', ')}`,
    });
    return;
  }
  const timeoutMs = Math.max(0, p.stopBy - clock.now()) + statementMs;
  const { outcomes, unanswered, error } = await sweep(
    p.usable(),
    pipelines,
    (lane, pipeline) => {
      if (!p.stoppedAt.has(pipeline)) p.stoppedAt.set(pipeline, clock.now());
      p.sent.set(pipeline, 'unanswered');
      return lane.stop(pipeline, timeoutMs);
    },
    { before: () => p.work.held.guard(), tick: () => p.work.held.keep(), until: p.stopBy, clock },
  );
  for (const [pipeline, outcome] of outcomes) {
    if (outcome.is !== 'unknown' && !p.situation.owed.has(pipeline)) p.sent.set(pipeline, 'answered');
    if (outcome.is === 'refused') p.refusedStops.set(pipeline, outcome);
  }
  p.set({ states: null, unanswered, killed: false });
  for (const pipeline of pipelines) if (p.stoppedAt.has(pipeline)) p.lingering.add(pipeline);
  const lost = pipelines.filter((pipeline) => outcomes.get(pipeline)?.is === 'unknown');
  if (error !== null) throw error;
  if (clock.now() >= p.stopBy) {
    const slow = pipelines.filter((pipeline) => outcomes.get(pipeline)?.is !== 'done');
    const named = (slow.length > 0 ? slow : pipelines).join(', ');
    p.fail({
      code: 'DRAIN_EXCEEDED',
      what: `postponed, because ${named} did not stop within ${change.drainMs / 1_000} s (limits.drainSeconds)`,
    });
  } else if (lost.length > 0 || unanswered.length > 0) {
    p.fail({
      code: 'STOP_UNANSWERED',
      what: `postponed, because the answer to STOP PIPELINE was lost for ${lost.join(', ')}`,
    });
  }
}
