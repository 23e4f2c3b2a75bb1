import { NOBODY, UNREACHABLE } from '../bench';
import { quoteJson, quoteText } from '../client';
import { tell, type Finding, type Question } from './question';

const credentials = `CREDENTIALS ${quoteJson(NOBODY)}`;

export const alterPrivileges: Question = {
  title: 'Which privileges does ALTER LINK need, and what does the refusal say?',
  async ask(bench) {
    const link = await bench.link();
    const findings: Finding[] = [];
    for (const privileges of [
      [],
      ['SHOW LINK'],
      ['CREATE LINK'],
      ['DROP LINK'],
      ['SHOW LINK', 'CREATE LINK'],
      ['SHOW LINK', 'CREATE LINK', 'DROP LINK'],
    ]) {
      const { client } = await bench.user(privileges);
      const outcome = await client.outcome(`ALTER LINK ${link} SET CONFIG ${quoteJson(UNREACHABLE)}`);
      findings.push([`ALTER LINK with ${['SELECT', ...privileges].join(', ')}`, outcome]);
    }
    return findings;
  },
};

export const orReplace: Question = {
  title:
    'Does CREATE OR REPLACE LINK work while a pipeline on the link runs? Since which version? And CREATE LINK without CREDENTIALS?',
  async ask(bench) {
    const link = await bench.link();
    const pipeline = await bench.running(link);
    const [version] = await bench.root.rows('SELECT @@memsql_version AS version');
    const replace = `CREATE OR REPLACE LINK ${link} AS S3 CONFIG ${quoteJson(UNREACHABLE)} ${credentials}`;
    const running = await tell(bench, replace);
    const state = String(await bench.stateOf(pipeline));
    await bench.stop(pipeline);
    return [
      ['the version asked', String(version?.['version'])],
      ...running,
      ['STATE of the pipeline afterwards', state],
      ...(await tell(
        bench,
        `CREATE LINK ${bench.name('link')} AS S3 CONFIG '{}'`,
        `CREATE LINK ${bench.name('link')} AS HTTP CONFIG '{}'`,
      )),
    ];
  },
};

export const keyForms: Question = {
  title: 'Which keys and values does the form ::key take?',
  async ask(bench) {
    const findings: Finding[] = [];
    for (const clause of [
      `::sasl.username = 'x'`,
      "::`sasl.username` = 'x'",
      `::"sasl.username" = 'x'`,
      `::x-amz-key = 'x'`,
      `::region = 'it''s \\'quoted\\' \\\\ \\n'`,
      `::region = "double"`,
      '::region = 1',
      '::region = 1.5',
      '::region = true',
      '::region = NULL',
      `::region = '{"a":1}'`,
      `::region = CONCAT('a', 'b')`,
    ]) {
      const link = await bench.link({});
      const [[asked, outcome] = ['', '']] = await tell(bench, `ALTER LINK ${link} SET CONFIG ${clause}`);
      const config = outcome === 'OK' ? `; CONFIG is then ${JSON.stringify(await bench.configOf(link))}` : '';
      findings.push([asked, `${outcome}${config}`]);
    }
    return findings;
  },
};

const TRIES = 200;

export const redaction: Question = {
  title:
    'Is the text of ALTER LINK redacted in the process list and in trace events? (The audit log is a file: look there.)',
  async ask(bench) {
    const [link, marker] = [await bench.link(), `marker${bench.database.slice(-12)}`];
    const other = await bench.connect();
    const seen = new Map<string, string>();
    const progress = { ended: false };
    const altering = (async () => {
      for (let i = 0; i < TRIES; i++) {
        await other.outcome(`ALTER LINK ${link} SET CREDENTIALS ::aws_secret_access_key = '${marker}'`);
      }
      progress.ended = true;
    })();
    const places = [
      ['SHOW PROCESSLIST', 'SHOW FULL PROCESSLIST', 'Info'],
      ['MV_PROCESSLIST', "SELECT INFO FROM information_schema.MV_PROCESSLIST WHERE INFO LIKE 'ALTER LINK%'", 'INFO'],
    ] as const;
    do {
      for (const [place, sql, column] of places) {
        for (const row of await bench.root.rows(sql).catch(() => [])) {
          const text = String(row[column]);
          if (text.startsWith('ALTER LINK') && text.includes(link)) seen.set(place, text);
        }
      }
    } while (!progress.ended);
    await altering;
    return [
      ...places.map(([place]): Finding => {
        const text = seen.get(place);
        if (text === undefined) return [place, `not seen in ${TRIES} statements`];
        return [place, text.includes(marker) ? 'the secret can be read' : `redacted: ${text}`];
      }),
      ...(await tell(
        bench,
        `SELECT COUNT(*) FROM information_schema.MV_TRACE_EVENTS WHERE DETAILS LIKE ${quoteText(`%${marker}%`)}`,
      )),
    ];
  },
};

export const otherLinks: Question = {
  title: 'What does ALTER LINK say of a link that is not there, and does it change an HTTP link?',
  async ask(bench) {
    const [missing, http] = [bench.name('link'), bench.name('link')];
    await bench.root.rows(`CREATE LINK ${http} AS HTTP CONFIG '{}' CREDENTIALS '{}'`);
    return tell(
      bench,
      `ALTER LINK ${missing} SET CONFIG '{}'`,
      `ALTER LINK ${missing} SET CREDENTIALS '{}'`,
      `SHOW CREATE LINK ${missing}`,
      `DROP LINK ${missing}`,
      `ALTER LINK no_such_database.${missing} SET CONFIG '{}'`,
      `ALTER LINK ${http} SET CREDENTIALS '{"headers":{"Authorization":"x"}}'`,
      `ALTER LINK ${http} SET CONFIG '{"headers":{"X-Of":"nobody"}}'`,
      `SHOW CREATE LINK ${http}`,
    );
  },
};
