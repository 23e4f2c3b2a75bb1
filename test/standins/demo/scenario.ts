import { rotate, type RotationOutcome, type Step } from '../aws/rotation';
import type { Progress } from './progress';
import { propagationMs, type Evidence, type Stage, type Standing } from './stage';

/** The lease of a link lasts this long: nobody else touches its pipelines meanwhile, since its holder may still live. */
const leaseMs = 30_000;
const mostRecoveries = 5;

/** A rotation from beginning to end, with how everything stood before and after. */
export interface Played {
  readonly outcome: RotationOutcome['outcome'];
  readonly from: number;
  readonly until: number;
  readonly before: Standing;
  readonly after: Standing;
  readonly evidence: Evidence;
  /** What the last failed step said. */
  readonly error: string | undefined;
}

const purpose: Readonly<Record<Step, string>> = {
  createSecret: 'AWSPENDING has a new access key',
  setSecret: 'waited for the new key; then pause, ALTER LINK, resume',
  testSecret: 'every paused pipeline has loaded with the new key',
  finishSecret: 'AWSCURRENT is on the new version',
};

/** Plays "Rotate secret immediately", as the scenario says. */
export async function play(scenario: keyof typeof scenarios, stage: Stage, progress: Progress): Promise<Played> {
  const before = await stage.standing();
  const from = Date.now();
  const { outcome, attempts } = await scenarios[scenario](stage, progress);
  const until = Date.now();
  if (outcome === 'succeeded') await loadedOnce(stage, before);
  return {
    outcome,
    from,
    until,
    before,
    after: await stage.standing(),
    evidence: stage.evidence(),
    error: attempts.findLast(({ ok }) => !ok)?.error?.errorMessage,
  };
}

const scenarios = {
  rotation: (stage: Stage, progress: Progress) => run(stage, progress, 1),

  /** The new key is denied on the bucket before the function tries it. */
  fail: (stage: Stage, progress: Progress) =>
    run(stage, progress, 2, {
      before(step) {
        const { aws, bucket, user, key } = stage.account;
        const fresh = user.keys.find(({ accessKeyId }) => accessKeyId !== key.accessKeyId);
        if (step === 'setSecret' && fresh !== undefined) aws.iam.denyOnBucket(fresh.accessKeyId, bucket);
      },
    }),

  async crash(stage: Stage, progress: Progress) {
    await kill(stage, progress);
    await recovered(stage, progress);
    const again = 'paused again: only an ALTER LINK that the journal confirms counts, and the killed run noted none';
    return run(stage, progress, 1, { says: (step, ok) => (step === 'setSecret' && ok ? again : undefined) });
  },
};

/** The process dies when its first START arrives: everything is paused, the link is changed, nothing runs again. */
export async function kill(stage: Stage, progress: Progress): Promise<void> {
  let dead = false;
  stage.onStatement(({ sql }) => {
    if (!dead && !sql.startsWith('START PIPELINE')) return 'ok';
    dead = true;
    stage.lambda.kill();
    return 'drop-before';
  });
  const killed = 'killed by this demonstration behind ALTER LINK: its pipelines are paused';
  await run(stage, progress, 1, { says: (_, ok) => (dead && !ok ? killed : undefined) });
  stage.onStatement(() => 'ok');
}

interface Telling {
  /** Called before each step. */
  readonly before?: (step: Step) => void;
  /** What this scenario has to say of a step; undefined where the usual is right. */
  readonly says?: (step: Step, ok: boolean) => string | undefined;
}

async function run(
  stage: Stage,
  progress: Progress,
  attempts: number,
  { before, says }: Telling = {},
): Promise<RotationOutcome> {
  const { aws, secretArn, user } = stage.account;
  const told = new Set<string>();
  const news = (message: string): string => (told.size < told.add(message).size ? message : 'the same again');
  return rotate(
    aws.secrets,
    secretArn,
    async (event) => {
      const step = event.Step;
      const keys = user.keys.length;
      const began = Date.now();
      const end = progress.begin(step, step === 'setSecret' ? propagationMs : 0);
      const result = await stage.invoke(event);
      end();
      const adopted = step === 'createSecret' && user.keys.length === keys;
      const usual = result.ok ? (adopted ? 'AWSPENDING keeps the key of the first call' : purpose[step]) : undefined;
      progress.step(
        result.ok,
        step,
        Date.now() - began,
        says?.(step, result.ok) ?? usual ?? (result.ok ? '' : news(result.error.errorMessage)),
      );
      return result;
    },
    { attempts, ...(before === undefined ? {} : { onStep: before }) },
  );
}

/** What EventBridge does each minute, until nothing is paused. */
async function recovered(stage: Stage, progress: Progress): Promise<void> {
  for (let call = 1; call <= mostRecoveries; call += 1) {
    const began = Date.now();
    const end = progress.begin('recover');
    const result = await stage.invoke({ action: 'recover' });
    end();
    const { resumed = [] } = (result.ok ? result.value : {}) as { resumed?: readonly string[] };
    const says =
      resumed.length > 0
        ? `the watchdog started what was paused on ${resumed.join(', ')}`
        : 'the watchdog touches nothing: the lease of the killed run still holds, and for all it knows that run lives';
    progress.step(result.ok, 'recover', Date.now() - began, result.ok ? says : result.error.errorMessage);
    if (resumed.length > 0) return;
    await progress.wait(call === 1 ? leaseMs : 2_000, 'until the lease of the killed run has run out');
  }
}

/** A rotation may end before the next batch does; the rows shown afterwards are to have come with the new key. */
async function loadedOnce(stage: Stage, before: Standing): Promise<void> {
  const until = Date.now() + 5_000;
  for (;;) {
    const { rows, states } = await stage.standing();
    const all = [...before.rows].every(
      ([pipeline, count]) => states.get(pipeline) !== 'Running' || (rows.get(pipeline) ?? 0) > count,
    );
    if (all || Date.now() > until) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
