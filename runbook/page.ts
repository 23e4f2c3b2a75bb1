import { alarms } from './alarms';
import { codes } from './codes';
import * as run from './commands';
import type { Entry } from './entry';
import { procedures } from './procedures';
import { logLines, metrics } from './signals';
import { throwers } from './thrown';

const fence = (language: 'sh' | 'sql', lines: readonly string[]): string =>
  `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``;

/** A block in a list belongs to its item only when each of its lines is indented as the first one is. */
const indented = (text: string): string =>
  text.replaceAll(/^( +)```[^]*?^```$/gm, (block, by: string) => block.replaceAll('\n', `\n${by}`));

function section(name: string, { failed, where, left, next, person, run: lines = [] }: Entry, more = ''): string {
  const isSql = (line: string): boolean => line.endsWith(';');
  const shell = lines.filter((line) => !isSql(line));
  const statements = lines.filter(isSql);
  return [
    `### ${name}`,
    failed,
    [
      `- **Where:** ${where}${more}`,
      `- **Left behind:** ${left}`,
      `- **By itself:** ${next}`,
      `- **To do:** ${person}`,
    ].join('\n'),
    ...(shell.length > 0 ? [fence('sh', shell)] : []),
    ...(statements.length > 0 ? [fence('sql', statements)] : []),
  ].join('\n\n');
}

const thrownBy = (code: string): string =>
  ` Source: ${throwers(code)
    .map((path) => `[\`${path.replace('lambda/', '')}\`](../${path})`)
    .join(', ')}.`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** The whole of docs/runbook.md. */
export function runbook(): string {
  const parts = [
    '<!-- Made by `npm run docs` from runbook/: edit there. -->\n# Runbook',
    `What an operator meets, and what to do about it. An error begins with its [code](#error-codes), in the log, in the event of Secrets Manager and in the
notice; an [alarm](#alarms) has a section of its name; a [line of the log](#lines-of-the-log) is found by its \`action\`.

Whatever happens: credentials that work are named by a label of the secret, links hold credentials that work, and what was paused stands in the journal and is resumed by the next call or
the watchdog. So there is time to read, but for one thing: [a pipeline that is left paused](#a-pipeline-is-left-paused).

In the commands, capitals stand for names of your own: \`SECRET\` is the ARN of the rotated secret, \`VERSION\`, \`NEW\` and \`OLD\` are version ids, \`USER\` the IAM user, \`KEY\` an access key id,
and \`FUNCTION\`, \`TABLE\` and \`LOG_GROUP\` the outputs FunctionName, JournalTableName and LogGroupName of the stack. The tool (\`npx singlestore-link-rotation\`) is in this package;
each command of it is an event that \`aws lambda invoke\` can send, too.

Where to begin:

${fence('sh', [run.status, run.wouldRecover, run.logsOfFailures])}`,
    '## What to do when',
    ...procedures.map(({ title, text }) => `### ${title}\n\n${indented(text.trim())}`),
    '## Error codes',
    ...Object.entries(codes).map(([code, entry]) => section(code, entry, thrownBy(code))),
    '## Alarms',
    ...Object.entries(alarms).map(([name, entry]) => section(name, entry)),
    '## Lines of the log',
    'At WARN and ERROR. Each is one line of JSON.',
    table(
      ['action', 'means'],
      Object.entries(logLines).map(([action, means]) => [`\`${action}\``, means]),
    ),
    '## Metrics',
    'Namespace `SingleStoreLinkRotation`, dimension `FunctionName`.',
    table(
      ['metric', 'means'],
      Object.entries(metrics).map(([metric, means]) => [`\`${metric}\``, means]),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}
