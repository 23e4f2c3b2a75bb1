import { openProgress } from './demo/progress';
import { help, readOptions, type Options } from './demo/options';
import { opening, paintFor, report } from './demo/report';
import { play } from './demo/scenario';
import { withStage } from './demo/stage';
import { verdicts } from './demo/verdicts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here

/** @returns the exit code: 0 when every promise was kept */
async function main(options: Options): Promise<number> {
  const paint = paintFor(process.stdout);
  const progress = openProgress(process.stdout);
  return withStage(options, async (stage) => {
    progress.say(opening(options.scenario, stage.title, stage.site, paint));
    const played = await play(options.scenario, stage, progress);
    const judged = verdicts(played, options.scenario);
    progress.say(report(played, judged, paint));
    return judged.every(({ good }) => good) ? 0 : 1;
  });
}

async function begin(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options !== 'help') return main(options);
  process.stdout.write(`${help}\n`);
  return 0;
}

begin().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exit(2); // after an interruption something may still be under way
  },
);
