import { CommanderError } from 'commander';
import type { SecretStatus } from '../lambda/core/status';
import { visible } from '../lambda/core/visible';
import { secretName } from '../lambda/page/names';
import { levelOf } from '../lambda/page/verdict';
import { expected } from './answers';
import { deployed, gone, type Ask } from './edge/aws';
import { inProcess } from './edge/local';
import { ownVersion } from './edge/version';
import { exits, Failure, type Exit } from './exit';
import { grammar, type Common } from './options';
import type { Paper } from './render/paper';
import { renderDoctor, renderPlan } from './render/plan';
import { renderIdle, renderRecovery, renderRetired } from './render/repair';
import { renderStatus } from './render/status';
import { rotateAndFollow } from './rotate';

/** What the program touches. */
export interface Outside {
  /** Read, and with --profile, --region or --local also written, for the SDK to find. */
  readonly env: NodeJS.ProcessEnv;
  readonly paper: Paper;
  /** Whole lines. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Replaces the line that moves; `null` where nothing moves, because it is no terminal. */
  readonly moving: ((text: string) => void) | null;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Does what the command line asks for. Never rejects: what goes wrong is a sentence and an exit code. */
export async function main(argv: readonly string[], outside: Outside): Promise<Exit> {
  let exit: Exit = exits.fine;
  const { env, paper, out, err } = outside;

  /** Asks once, and shows the answer: as it is, or as lines. */
  async function show(
    options: Common,
    event: object,
    render: (answer: unknown, ask: Ask) => Promise<Shown> | Shown,
  ): Promise<void> {
    const ask = await openAsk(options, outside);
    const answer = await ask(event);
    const nobody = gone(JSON.stringify(answer), env); // status answers all the same, with nothing seen
    if (nobody !== null) throw new Failure(nobody);
    const { lines, attention } = await render(answer, ask);
    out(options.json ? JSON.stringify(answer, null, 2) : lines.join('\n'));
    if (attention) exit = exits.attention;
  }

  const program = grammar({
    status: (secretId, options) =>
      show(options, { action: 'status', ...(secretId === undefined ? {} : { secretId }) }, (answer) => {
        const status = expected('status', answer);
        return { lines: renderStatus(status, paper, options.all), attention: status.secrets.some(needsAttention) };
      }),
    plan: (secretId, options) =>
      show(options, { action: 'plan', secretId }, (answer) => {
        const plan = expected('plan', answer);
        return {
          lines: renderPlan(secretName(secretId), plan, paper, options.all),
          attention: plan.blockers.length > 0,
        };
      }),
    doctor: (secretId, options) =>
      show(options, { action: 'plan', secretId }, (answer) => {
        const plan = expected('plan', answer);
        return { lines: renderDoctor(secretName(secretId), plan, paper), attention: plan.blockers.length > 0 };
      }),
    recover: ({ dryRun = false, all, ...options }) =>
      show(options, { action: 'recover', ...(dryRun ? { dryRun } : {}) }, async (answer, ask) => {
        const recovery = expected('recover', answer);
        const lines = renderRecovery(recovery, dryRun, paper, all);
        const attention = recovery.leftPaused.length > 0 || recovery.failures.length > 0;
        if (lines.length > 0) return { lines, attention };
        const status = expected('status', await ask({ action: 'status' }));
        return {
          lines: renderIdle(status, paper),
          attention: status.secrets.some((secret) => isPaused(secret) || needsAttention(secret)),
        };
      }),
    retire: (secretId, { dryRun = false, ...options }) =>
      show(options, { action: 'retire', secretId, now: true, ...(dryRun ? { dryRun } : {}) }, (answer) => {
        const report = expected('retire', answer);
        return { lines: renderRetired(report, paper), attention: report.retired.length === 0 };
      }),
    rotate: async (secretId, options) => {
      const ask = await openAsk(options, outside);
      exit = await rotateAndFollow(secretId, options, ask, outside);
    },
  }).version(ownVersion(), '-V, --version', 'the version of this package');
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        out(text.trimEnd());
      },
      writeErr: (text) => {
        err(text.trimEnd());
      },
    });
  try {
    await program.parseAsync(argv);
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exits.fine : exits.usage;
    if (!(error instanceof Failure)) {
      err(`this tool has a defect: ${String((error as Error).stack)}`);
      return exits.unanswered;
    }
    err(gone(error.message, env) ?? visible(error.message)); // names stand in it
    return error.exit;
  }
}

interface Shown {
  readonly lines: readonly string[];
  /** Whether a person should look at it. */
  readonly attention: boolean;
}

const needsAttention = (secret: SecretStatus): boolean => ['watch', 'person'].includes(levelOf(secret));
const isPaused = ({ links }: SecretStatus): boolean => links.some(({ bracket }) => bracket?.phase === 'open');

async function openAsk(
  { function: name, local, region, profile, verbose }: Common,
  { env, err }: Outside,
): Promise<Ask> {
  if (region !== undefined) env['AWS_REGION'] = region;
  if (profile !== undefined) env['AWS_PROFILE'] = profile;
  if (local)
    return inProcess(env, (line) => {
      if (verbose) err(line.trimEnd());
    });
  if (name === undefined || name.trim() === '')
    throw new Failure('Which function? --function NAME (or ROTATION_FUNCTION), or --local.', exits.usage);
  return deployed(name);
}
