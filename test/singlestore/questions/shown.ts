import { UNREACHABLE } from '../bench';
import { Client, quoteJson, quoteName, type Row } from '../client';
import { tell, type Finding, type Question } from './question';

/** A row as one line, with the titles of its columns. */
const inWords = (row: Row | undefined): string =>
  Object.entries(row ?? {})
    .map(([title, value]) => `${title}: ${String(value)}`)
    .join(' | ') || 'no row';

/** What a statement shows; the row in which `name` is the first value, or the first of all. */
async function shown(client: Client, sql: string, name?: string): Promise<Finding> {
  const rows = await client.rows(sql).catch((error: unknown) => [{ refused: String(error) }]);
  const row = name === undefined ? rows[0] : rows.find((candidate) => Object.values(candidate)[0] === name);
  return [sql, inWords(row ?? rows[0])];
}

export const definitions: Question = {
  title: 'How are an aggregator pipeline, the columns of EXTENDED and the description of a link shown?',
  async ask(bench) {
    const link = bench.name('link');
    const description = `DESCRIPTION 'it''s "the lake"'`;
    const [agg, pipeline] = [bench.name('pipeline'), await bench.pipeline(await bench.link())];
    return [
      ...(await tell(
        bench,
        `CREATE LINK ${link} AS S3 CONFIG ${quoteJson(UNREACHABLE)} CREDENTIALS '{}' ${description}`,
        `CREATE AGGREGATOR PIPELINE ${agg} FORCE AS LOAD DATA LINK ${link} 'nowhere/' INTO TABLE t`,
      )),
      await shown(bench.root, `SHOW CREATE LINK ${link}`),
      await shown(bench.root, `SHOW CREATE PIPELINE ${agg}`),
      await shown(bench.root, `SHOW CREATE PIPELINE ${pipeline} EXTENDED`),
    ];
  },
};

export const externalFunctions: Question = {
  title: 'How are external functions listed and shown, above all with a link of another database?',
  async ask(bench) {
    const [link, there] = [bench.name('link'), bench.name('link')];
    const [near, far, none] = [bench.name('function'), bench.name('function'), bench.name('function')];
    const away = `${quoteName(bench.other)}.${quoteName(there)}`;
    const create = (name: string, of: string) =>
      `CREATE EXTERNAL FUNCTION ${name}(a TEXT) RETURNS TEXT AS REMOTE SERVICE "http://127.0.0.1:9/" FORMAT JSON ${of}`;
    const { client } = await bench.user(['SHOW LINK', 'CREATE LINK', 'SHOW PIPELINE', 'START PIPELINE']);
    return [
      await shown(bench.root, `SHOW VARIABLES LIKE 'enable_external_functions'`),
      ...(await tell(
        bench,
        `CREATE LINK ${link} AS HTTP CONFIG '{}' CREDENTIALS '{}'`,
        `CREATE LINK ${away} AS HTTP CONFIG '{}' CREDENTIALS '{}'`,
        create(near, `LINK ${link}`),
        create(far, `LINK ${away}`),
        create(none, ''),
        create(none, ''),
        create(bench.name('function'), 'LINK no_such_link'),
        'SHOW CREATE FUNCTION no_such_function',
        'DROP FUNCTION no_such_function',
      )),
      await shown(bench.root, 'SHOW FUNCTIONS', near),
      await shown(bench.root, 'SHOW FUNCTIONS', far),
      await shown(bench.root, 'SHOW FUNCTIONS', none),
      await shown(bench.root, `SHOW CREATE FUNCTION ${near}`),
      await shown(bench.root, `SHOW CREATE FUNCTION ${far}`),
      [
        'the first of them for a user with the privileges of a rotator',
        (await shown(client, 'SHOW FUNCTIONS', near))[1],
      ],
      ['and its definition', (await shown(client, `SHOW CREATE FUNCTION ${near}`))[1]],
      ...(await tell(bench, `ALTER LINK ${link} SET CONFIG '{}'`, `DROP LINK ${link}`)),
    ];
  },
};

export const rotatorsGrants: Question = {
  title: 'What may a user do who has the privileges that the README tells to grant?',
  async ask(bench) {
    const link = await bench.link();
    const pipeline = await bench.pipeline(link);
    const { client } = await bench.user(['SHOW LINK', 'CREATE LINK', 'SHOW PIPELINE', 'START PIPELINE']);
    const findings: Finding[] = [];
    for (const sql of [
      `SHOW CREATE LINK ${link}`,
      `SHOW CREATE PIPELINE ${pipeline}`,
      `SHOW CREATE PIPELINE ${pipeline} EXTENDED`,
      'SHOW FUNCTIONS',
      `TEST PIPELINE ${pipeline} LIMIT 1`,
      `DETACH PIPELINE ${pipeline}`,
      `CLEAR PIPELINE ERRORS FOR ${pipeline}`,
      'FLUSH EXTRACTOR POOLS',
      `CREATE OR REPLACE LINK ${link} AS S3 CONFIG '{}' CREDENTIALS '{}'`,
    ]) {
      findings.push([sql, await client.outcome(sql)]);
    }
    return findings;
  },
};
