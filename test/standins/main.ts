import { openProgress, type Progress } from './demo/progress';
import { writePage } from './demo/page';
import { freePage, keep } from './demo/keep';
import { help, readOptions, type Options } from './demo/options';
import { paperFor, type Paper } from './demo/paper';
import { opening, report } from './demo/report';
import { kill, play } from './demo/scenario';
import { withStage, type Stage } from './demo/stage';
import { verdicts } from './demo/verdicts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here

/** Nobody reads what is written (`npm start | head -1`): the end, and nothing to say about it. */
const unread = new Error('nobody reads this');

/** @returns the exit code */
async function performed(
  { scenario, keep: keeps }: Options,
  stage: Stage,
  progress: Progress,
  paper: Paper,
): Promise<number> {
  if (scenario === 'crash' && keeps) {
    await kill(stage, progress); // what is left behind is what the tool is to show: the repair is its user's
    return 0;
  }
  const played = await play(scenario, stage, progress);
  const judged = verdicts(played, scenario);
  progress.say(report(played, judged, scenario, paper));
  return judged.every(({ good }) => good) ? 0 : 1;
}

/** @returns the exit code: 0 when every promise was kept */
async function main(options: Options, ended: AbortSignal): Promise<number> {
  const paper = paperFor(process.stdout, process.env);
  const progress = openProgress(process.stdout, paper);
  const opened = progress.begin('starting the servers');
  let kept: number | undefined;
  try {
    return await withStage(options, ended, async (stage) => {
      opened();
      progress.say(opening(options.scenario, stage.title, stage.site, paper));
      const code = await performed(options, stage, progress, paper);
      if (options.keep) {
        kept = code;
        await keep(stage, options.scenario, ended, progress, paper);
      } else progress.say(await writePage(stage, freePage()));
      return code;
    });
  } catch (error) {
    if (kept === undefined) throw error;
    return kept; // the interruption that was waited for
  } finally {
    progress.leave();
  }
}

async function begin(): Promise<number> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      end.abort(new Error('interrupted'));
    });
  process.stdout.on('error', () => {
    end.abort(unread);
  });
  const options = readOptions(process.argv.slice(2));
  if (options !== 'help') return main(options, end.signal);
  process.stdout.write(`${help}\n`);
  return 0;
}

begin().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error !== unread) process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exit(2); // after an interruption something may still be under way
  },
);
