import { startSingleStore, type SingleStoreOptions, type SingleStoreStandIn } from '../standins/singlestore';
import { Bench } from './bench';
import { questions } from './questions';
import { readShown } from './shown';
import { render, report } from './report';
import { openWitness, type Witness } from './witness';

const servers: SingleStoreStandIn[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** A cluster with somebody else's things on it, and nothing to load from. */
async function cluster(options: SingleStoreOptions = {}): Promise<Witness> {
  const server = await startSingleStore(options);
  servers.push(server);
  await server.execute('CREATE DATABASE db');
  await server.execute('CREATE TABLE db.t (line TEXT)');
  await server.execute(`CREATE LINK db.lake AS S3 CONFIG '{}' CREDENTIALS '{}'`);
  await server.execute("CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'x/' INTO TABLE t");
  const { host, port, ca } = server;
  const target = { host, port, user: 'root', password: 'password', tls: { ca } } as const;
  return {
    name: 'a test',
    target,
    source: undefined,
    readOnly: undefined,
    unattached: undefined,
    close: () => Promise.resolve(),
  };
}

/** What is on the cluster, running sessions apart. */
function contents() {
  const { databases, users, links, pipelines, tables } = servers[0]!.cluster;
  return [databases, users, links, pipelines, tables].map((table) => [...table.values()]);
}

describe('the report', () => {
  test('asks the stand-in everything, gets an answer to each and tells no secret', async () => {
    const witness = await openWitness({});
    const text = await report(witness);
    expect(text.match(/^### /gm)).toHaveLength(questions.length);
    expect(text).not.toContain('could not be asked');
    expect(text).not.toContain('not asked');
    expect(text).toContain(
      '2470 (HY000): Cannot alter link `db`.`link_1` because pipeline `db`.`pipeline_2` is running',
    );
    expect(text).toContain('ALTER LINK with SELECT, SHOW LINK, CREATE LINK`: `OK`');
    expect(text).toContain('the file was loaded, STATE Running');
    for (const secret of [witness.target.password, ...Object.values(witness.source!.credentials)]) {
      expect(text).not.toContain(secret);
    }
  });

  test('of a server without ALTER LINK has an answer to each question as well', async () => {
    const text = await report(await cluster({ version: '9.0' }));
    expect(text.match(/^### .*\n\n- /gm)).toHaveLength(questions.length);
    expect(text).toContain('1064 (42000)');
    expect(text).toContain('SINGLESTORE_READONLY_URL and SINGLESTORE_READONLY_DATABASE are not set');
    expect(text).toContain('SINGLESTORE_UNATTACHED_DATABASE is not set');
  });

  test('removes a secret that a server has repeated, and survives backticks and newlines', () => {
    const answers = [{ title: 'A?', findings: [['SELECT `a`', "near 'hunter2'\n at line 1"] as const] }];
    expect(render('T', [], answers, ['', 'hunter2'])).toBe(
      "## T\n\n\n### 1. A?\n\n- `` SELECT `a` ``: `near '[removed]' at line 1`\n",
    );
  });
});

describe('what is made for the claims', () => {
  test('is gone afterwards, running or not, and what was there before is as it was', async () => {
    const witness = await cluster();
    const before = contents();
    const bench = await Bench.open(witness);
    await bench.running(await bench.link());
    await bench.user(['SHOW LINK']);
    await bench.root.rows(`CREATE LINK \`${bench.other}\`.l AS S3 CREDENTIALS '{}'`);
    expect(contents()).not.toEqual(before);
    await bench.close();
    expect(contents()).toEqual(before);
  });

  test('is gone even when the connection that made it was lost', async () => {
    const witness = await cluster();
    const before = contents();
    const bench = await Bench.open(witness);
    await bench.running(await bench.link());
    await servers[0]!.execute(`KILL CONNECTION ${bench.root.id}`);
    await bench.close();
    expect(contents()).toEqual(before);
  });

  test('what cannot be dropped is named', async () => {
    const witness = await cluster({
      onStatement: ({ sql }) =>
        sql.startsWith('DROP DATABASE') ? { errno: 1205, sqlState: 'HY000', message: 'Lock wait timeout' } : 'ok',
    });
    const bench = await Bench.open(witness);
    await expect(bench.close()).rejects.toThrow(`DROP DATABASE IF EXISTS \`${bench.database}\`: 1205`);
  });
});

test.each([
  'CREATE LINK `a` AS S3 CREDENTIALS <CREDENTIALS REDACTED>',
  'CREATE LINK `a` AS S3 CONFIG "{}" CREDENTIALS "{\\"aws_access_key_id\\":\\"a\\"}"',
])('%s is not what SHOW CREATE LINK says', (text) => {
  expect(() => readShown(text)).toThrow('not what SHOW CREATE LINK is documented to say');
});
