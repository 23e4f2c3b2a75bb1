import { openProgress } from './demo/progress';
import { help, readOptions, type Options } from './demo/options';
import { paperFor } from './demo/paper';
import { opening, report } from './demo/report';
import { play } from './demo/scenario';
import { withStage } from './demo/stage';
import { verdicts } from './demo/verdicts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here

/** Nobody reads what is written (`npm start | head -1`): the end, and nothing to say about it. */
const unread = new Error('nobody reads this');

/** @returns the exit code: 0 when every promise was kept */
async function main(options: Options, ended: AbortSignal): Promise<number> {
  const paper = paperFor(process.stdout, process.env);
  const progress = openProgress(process.stdout, paper);
  const opened = progress.begin('starting the servers');
  try {
    return await withStage(options, ended, async (stage) => {
      opened();
      progress.say(opening(options.scenario, stage.title, stage.site, paper));
      const played = await play(options.scenario, stage, progress);
      const judged = verdicts(played, options.scenario);
      progress.say(report(played, judged, options.scenario, paper));
      return judged.every(({ good }) => good) ? 0 : 1;
    });
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
