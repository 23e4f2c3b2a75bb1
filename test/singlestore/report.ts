import { Bench } from './bench';
import { askAll, type Answer } from './questions';
import { openWitness, type Witness } from './witness';

/** Variables of the server that answers may depend on. None is a secret. */
const VARIABLES = [
  'memsql_version',
  'version',
  'sql_mode',
  'max_allowed_packet',
  'auditlog_level',
  'pipelines_stop_on_error',
];

/**
 * The report as Markdown, fit to be pasted into an issue. Names of this run, which nobody will meet again, become `db`;
 * what must not be told, should a server have repeated it, becomes `[removed]`.
 */
export function render(
  title: string,
  facts: Answer['findings'],
  answers: readonly Answer[],
  secrets: readonly string[],
): string {
  const list = (findings: Answer['findings']) => findings.map(([asked, answer]) => `- ${code(asked)}: ${code(answer)}`);
  const parts = answers.map(({ title: question, findings }, i) => [
    `### ${i + 1}. ${question}`,
    '',
    ...list(findings),
    '',
  ]);
  const text = [`## ${title}`, '', ...list(facts), '', ...parts.flat()].join('\n');
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '[removed]')), text);
}

/** A code span, whatever backticks are in it; newlines would end its list item. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${text.replace(/\s*\n\s*/g, ' ')}${pad}${fence}`;
}

/** Asks this cluster, and closes it. @returns the report */
export async function report(witness: Witness): Promise<string> {
  const bench = await Bench.open(witness);
  try {
    const facts: [string, string][] = [];
    for (const name of VARIABLES) {
      const [row] = await bench.root.rows(`SHOW VARIABLES LIKE '${name}'`);
      facts.push([name, row === undefined ? 'not there' : String(row['Value'])]);
    }
    const answers = await askAll(bench);
    const { target, source, readOnly } = witness;
    const secrets = [target.password, readOnly?.target.password ?? '', ...Object.values(source?.credentials ?? {})];
    const title = `Open questions about SingleStore, asked of ${witness.name}`;
    return render(title, facts, answers, secrets).replaceAll(bench.database, 'db');
  } finally {
    await bench.close();
  }
}

if (require.main === module) {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here
  openWitness()
    .then(report)
    .then(
      (text) => process.stdout.write(`${text}\n`),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
        process.exitCode = 1;
      },
    );
}
