import { NOBODY, until, type Bench } from '../bench';
import { quoteJson, quoteName } from '../client';
import { tell, type Finding, type Question } from './question';

export const whileRunning: Question = {
  title: 'What does ALTER LINK say while a pipeline on the link runs, and which states count as running?',
  async ask(bench) {
    const link = await bench.link();
    const alter = `ALTER LINK ${link} SET CREDENTIALS ${quoteJson(NOBODY)}`;
    const pipeline = await bench.running(link);
    const findings: Finding[] = [['Running', await bench.root.outcome(alter)]];
    await bench.root.rows(`DETACH PIPELINE ${pipeline}`);
    await bench.reaches(pipeline, 'Detached');
    findings.push(['Detached', await bench.root.outcome(alter)]);
    await bench.root.rows(`DROP PIPELINE ${pipeline}`);
    const failing = await bench.pipeline(link, 'nowhere/', 'MAX_RETRIES_PER_BATCH_PARTITION 1 STOP_ON_ERROR ON');
    await bench.root.rows(`START PIPELINE ${failing}`);
    await bench.reaches(failing, 'Error');
    findings.push(['Error', await bench.root.outcome(alter)]);
    await bench.root.rows(`DROP PIPELINE ${failing}`);
    findings.push(...(await during(bench, link, (name) => `START PIPELINE ${name} FOREGROUND`, alter)));
    findings.push(...(await during(bench, link, (name) => `TEST PIPELINE ${name} LIMIT 1`, alter)));
    return findings;
  },
};

/** Alters while another connection waits for a pipeline, if that can be caught. */
async function during(
  bench: Bench,
  link: string,
  statementOn: (pipeline: string) => string,
  alter: string,
): Promise<Finding[]> {
  const [pipeline, other] = [await bench.pipeline(link), await bench.connect()];
  const statement = statementOn(pipeline);
  let ended = false;
  const waiting = other.outcome(statement).then(() => (ended = true));
  let finding: Finding = [statement, 'had ended before its state could be seen'];
  await until('the statement has ended, or its state is seen', async () => {
    const state = String(await bench.stateOf(pipeline));
    if (state === 'Stopped' || state === 'Error') return ended;
    finding = [`STATE ${state} (${statement})`, await bench.root.outcome(alter)];
    return true;
  });
  await bench.root.outcome(`STOP PIPELINE IF RUNNING ${pipeline}`);
  await waiting;
  return [finding];
}

export const configJson: Question = {
  title: 'What is in CONFIG_JSON of a pipeline on a link: does a key name the link, and what is source_type?',
  async ask(bench) {
    const link = await bench.link();
    const [row] = await bench.about(await bench.pipeline(link), 'PIPELINES', 'CONFIG_JSON');
    const given = row?.['CONFIG_JSON'];
    const json = (typeof given === 'string' ? JSON.parse(given) : given) as Readonly<Record<string, unknown>>;
    const naming = Object.entries(json).filter(([, value]) => JSON.stringify(value).includes(link));
    return [
      ['its keys', Object.keys(json).sort().join(', ')],
      ['source_type', String(json['source_type'])],
      ['keys whose value has the name of the link', naming.map(([key]) => key).join(', ') || 'none'],
      ['credentials in it', JSON.stringify(json).includes(NOBODY.aws_secret_access_key) ? 'yes' : 'no'],
    ];
  },
};

export const shownPipelines: Question = {
  title: 'How does SHOW CREATE PIPELINE name a link of another database, and what does a user without SUPER see?',
  async ask(bench) {
    const [link, there] = [await bench.link(), bench.name('link')];
    const away = `${quoteName(bench.other)}.${quoteName(there)}`;
    await bench.root.rows(`CREATE LINK ${away} AS S3 CONFIG '{}' CREDENTIALS ${quoteJson(NOBODY)}`);
    const statement = `CREATE PIPELINE across FORCE AS LOAD DATA LINK ${away} 'nowhere/' INTO TABLE t`;
    const findings = await tell(bench, statement);
    const shown = async (client: Bench['root'], name: string) => {
      const rows = await client
        .rows(`SHOW CREATE PIPELINE ${name}`)
        .catch((error: unknown) => [{ error: String(error) }]);
      return Object.values(rows[0] ?? {}).join(' | ');
    };
    const { client } = await bench.user(['SHOW PIPELINE']);
    if (findings[0]?.[1] === 'OK') {
      findings.push(['SHOW CREATE PIPELINE of it', await shown(bench.root, 'across')]);
      findings.push(['the same for a user with SHOW PIPELINE alone', await shown(client, 'across')]);
      await bench.root.outcome('START PIPELINE across');
      findings.push(...(await tell(bench, `ALTER LINK ${away} SET CONFIG '{}'`)));
      await bench.stop('`across`');
    }
    const pipeline = await bench.pipeline(link);
    findings.push(['the same for a pipeline on a link of its own database', await shown(bench.root, pipeline)]);
    findings.push(['the latter for a user with SHOW PIPELINE alone', await shown(client, pipeline)]);
    return findings;
  },
};

export const texts: Question = {
  title: 'Numbers and texts of other refusals, all of which the stand-in has invented',
  async ask(bench) {
    const link = await bench.link();
    const [running, stopped] = [await bench.running(link), await bench.pipeline(link)];
    const again = `CREATE PIPELINE ${stopped} FORCE AS LOAD DATA LINK ${link} 'nowhere/' INTO TABLE t`;
    return tell(
      bench,
      `CREATE LINK ${link} AS S3 CONFIG '{}' CREDENTIALS '{}'`,
      `CREATE OR REPLACE LINK ${link} AS GCS CONFIG '{}' CREDENTIALS '{}'`,
      `CREATE LINK ${bench.name('link')} AS S3 CONFIG '{' CREDENTIALS '{}'`,
      `CREATE LINK ${bench.name('link')} AS S3 CONFIG '[]' CREDENTIALS '{}'`,
      `CREATE LINK ${bench.name('link')} AS S3 CONFIG '{}' CREDENTIALS '{"not":"closed}'`,
      `START PIPELINE ${running}`,
      `STOP PIPELINE ${stopped}`,
      'START PIPELINE no_such_pipeline',
      'STOP PIPELINE IF RUNNING no_such_pipeline',
      `TEST PIPELINE ${running} LIMIT 1`,
      `TEST PIPELINE ${stopped} LIMIT 1`,
      again,
      `PAUSE PIPELINE ${running}`,
      'SHOW LINKS ON no_such_database',
      `DROP LINK ${link}`,
    );
  },
};
