import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { openClusters } from '../../lambda/edge/singlestore';
import type { Cluster, LinkRow, Privilege } from '../../lambda/ports';
import { startSingleStore, type SingleStoreOptions, type SingleStoreStandIn } from '../standins/singlestore';
import { closeOdd, oddSingleStore, refused, rows, type OddOptions } from './oddSingleStore';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await closeOdd();
});

/** A server with a link and a running pipeline on it, and a user with these privileges in its database, connected. */
async function asUser(privileges: readonly string[], options: SingleStoreOptions = {}) {
  const server = await startSingleStore({ tls: false, ...options });
  opened.push(() => server.stop());
  await server.execute('CREATE DATABASE `my shop`');
  await server.execute('CREATE TABLE t (a INT)', 'my shop');
  await server.execute(`CREATE LINK lake AS S3 CREDENTIALS '{"aws_access_key_id":"AKIAOLD"}' CONFIG '{}'`, 'my shop');
  await server.execute("CREATE PIPELINE orders AS LOAD DATA LINK lake 'b/o' INTO TABLE t", 'my shop');
  await server.execute('START PIPELINE orders', 'my shop');
  await server.execute(`CREATE USER 'rotator'@'%' IDENTIFIED BY 'password'`);
  if (privileges.length > 0) await server.execute(`GRANT ${privileges.join(', ')} ON \`my shop\`.* TO 'rotator'@'%'`);
  return { server, cluster: await connect(server) };
}
async function connect({ host, port }: SingleStoreStandIn): Promise<Cluster> {
  const connection = { host, port, username: 'rotator', password: new Credentials('password'), tls: false };
  const cluster = await openClusters({ random: () => 'f00d' }).open(connection, 1);
  opened.push(() => cluster.close());
  return cluster;
}

const lake: LinkRow = { link: qualified('my shop', 'lake'), type: 'S3', description: '', config: '{}' };
const all = ['SHOW LINK', 'CREATE LINK', 'SHOW PIPELINE', 'START PIPELINE'];
const without = (...lost: readonly string[]): string[] => all.filter((privilege) => !lost.includes(privilege));
const grant = (privileges: string): string => `GRANT ${privileges} ON \`my shop\`.* TO 'rotator'@'%'`;
const asked: readonly Privilege[] = ['SHOW LINK', 'SHOW PIPELINE', 'START PIPELINE'];
const snapshot = ({ cluster }: SingleStoreStandIn) => [
  [...cluster.links.values()],
  [...cluster.pipelines.values()].map(({ name, state }) => `${name} ${state}`),
];

describe.each(asked)('%s', (privilege) => {
  test('that is missing is named with its GRANT', async () => {
    const { cluster } = await asUser(without(privilege));
    expect((await cluster.lacks(privilege, 'my shop'))?.message).toMatch(/^PRIVILEGE_MISSING: .*/);
    expect((await cluster.lacks(privilege, 'my shop'))?.message).toContain(grant(privilege));
  });

  test('that is there alone is not, and asking changes nothing', async () => {
    const { server, cluster } = await asUser([privilege]);
    const before = snapshot(server);
    expect(await cluster.lacks(privilege, 'my shop')).toBeNull();
    expect(snapshot(server)).toEqual(before);
  });
});

test('SHOW LINK is not the matter in a database that is not attached: the endpoint is', async () => {
  const { server, cluster } = await asUser(all);
  server.update((state) => ({
    ...state,
    databases: state.databases.set('my shop', { name: 'my shop', attached: false, readOnly: false }),
  }));
  expect((await cluster.lacks('SHOW LINK', 'my shop'))?.message).toMatch(/^WORKSPACE_WRONG: .* not attached to/);
});

const noGrants = rows(['Grants'], ["GRANT USAGE ON *.* TO 'rotator'@'%'"]);
/** A server that answers one kind of statement with an error, and the others as if all were well. */
async function refusing(which: RegExp, answer: ReturnType<NonNullable<OddOptions['answer']>>): Promise<Cluster> {
  const server = await oddSingleStore({
    answer: (sql) => (which.test(sql) ? answer : sql === 'SHOW GRANTS' ? noGrants : undefined),
  });
  const cluster = await openClusters({ random: () => 'f00d' }).open(server.secret, 1);
  opened.push(() => cluster.close());
  return cluster;
}

test.each([1064, 1935, 2332, 1290])(
  'a refusal %i that speaks of something else is no missing privilege',
  async (errno) => {
    const cluster = await refusing(/START PIPELINE/, refused(errno));
    expect(await cluster.lacks('START PIPELINE', 'shop')).toBeNull();
  },
);

test('a user without any right in a database is refused its USE: the privilege asked for is missing', async () => {
  const cluster = await refusing(/^USE/, refused(1044, '42000'));
  expect((await cluster.lacks('SHOW PIPELINE', 'shop'))?.message).toContain(
    "GRANT SHOW PIPELINE ON `shop`.* TO 'rotator'",
  );
});

test('no answer is no verdict', async () => {
  const cluster = await refusing(/START PIPELINE/, 'hang up');
  await expect(cluster.lacks('START PIPELINE', 'shop')).rejects.toThrow(/^CONNECTION_LOST/);
});

describe('no START is sent merely to ask', () => {
  const startsAfter = async (cluster: Cluster, server: SingleStoreStandIn): Promise<number> => {
    expect(await cluster.lacks('START PIPELINE', 'my shop')).toBeNull();
    return server.statements.filter(({ kind }) => kind === 'start-pipeline').length;
  };

  test('where the grants show the privilege; they are asked for once', async () => {
    const { server, cluster } = await asUser(all);
    expect(await startsAfter(cluster, server)).toBe(0);
    await Promise.all(['a', 'b', 'my shop'].map((database) => cluster.lacks('SHOW PIPELINE', database)));
    expect(server.statements.filter(({ kind }) => kind === 'show-grants')).toHaveLength(1);
  });

  test('where the server does not tell the grants, it is', async () => {
    const { cluster } = await asUser(without('START PIPELINE'), {
      onStatement: ({ sql }) => (sql === 'SHOW GRANTS' ? { errno: 1064, sqlState: '42000', message: '' } : 'ok'),
    });
    expect((await cluster.lacks('START PIPELINE', 'my shop'))?.message).toContain(grant('START PIPELINE'));
  });

  test('but where they do not show it: a role may give it', async () => {
    const { server, cluster } = await asUser(all, {
      onStatement: async ({ sql }) => {
        if (sql === 'SHOW GRANTS') await server.execute(`REVOKE START PIPELINE ON \`my shop\`.* FROM 'rotator'@'%'`);
        if (sql.includes('probe_')) await server.execute(`GRANT START PIPELINE ON \`my shop\`.* TO 'rotator'@'%'`);
        return 'ok' as const;
      },
    });
    expect(await startsAfter(cluster, server)).toBe(1);
  });
});

describe('a workspace that has the database read-only', () => {
  test.each(['9.1', '9.0'] as const)('(version %s) is found where the grants show every right', async (version) => {
    const { server, cluster } = await asUser(all, { version });
    expect(await cluster.lacks('START PIPELINE', 'my shop')).toBeNull();
    server.update(readOnly);
    expect((await cluster.lacks('START PIPELINE', 'my shop'))?.code).toBe('WORKSPACE_WRONG');
  });

  const readOnly = ({ databases, ...state }: SingleStoreStandIn['cluster']) => ({
    ...state,
    databases: databases.set('my shop', { name: 'my shop', attached: true, readOnly: true }),
  });

  test.each(['9.1', '9.0'] as const)('(version %s) is found by asking for the grammar', async (version) => {
    const { server, cluster } = await asUser(all, { version });
    server.update(readOnly);
    await expect(cluster.grammar(lake)).rejects.toThrow(/^WORKSPACE_WRONG: .*read-only.*endpoint/);
    expect(await cluster.lacks('SHOW LINK', 'my shop')).toBeNull();
  });

  test('is asked about where databases have names that are part of the words', async () => {
    const cluster = await refusing(/START PIPELINE/, says('The database is read-only'));
    expect((await cluster.lacks('START PIPELINE', 'a'))?.code).toBe('WORKSPACE_WRONG');
    expect((await cluster.lacks('START PIPELINE', 'read'))?.code).toBe('WORKSPACE_WRONG');
  });

  const says = (message: string) => ({ type: 'error', errno: 4242, sqlState: 'HY000', message }) as const;
  test.each([
    ['The database is read-only', 'WORKSPACE_WRONG'],
    ['cannot run on a READ ONLY workspace', 'WORKSPACE_WRONG'],
    ['Running in read_only mode', 'WORKSPACE_WRONG'],
    ["It can't be done: the workspace is read-only, and 'shop' too", 'WORKSPACE_WRONG'],
    ['Pipeline my-read-only-shop.probe_f00d does not exist', undefined],
    ["Pipeline `read-only`.`probe_f00d` doesn't exist", undefined],
    ["Pipeline 'the \"read only\" one' doesn't exist", undefined],
    ["Pipeline readonly_shop.probe_f00d doesn't exist", undefined],
  ])('is known by its text, not by names in it: %s', async (message, code) => {
    const cluster = await refusing(/START PIPELINE/, says(message));
    expect((await cluster.lacks('START PIPELINE', 'my-read-only-shop'))?.code).toBe(code);
  });
});

describe('the right to change a link', () => {
  test.each([
    ['9.1', 'ALTER LINK'],
    ['9.0', 'CREATE LINK'],
  ] as const)('is asked for before a secret is sent: on %s by %s', async (version, command) => {
    const { server, cluster } = await asUser(without('CREATE LINK'), { version });
    await expect(cluster.grammar(lake)).rejects.toThrow(
      `PRIVILEGE_MISSING: SingleStore does not allow this user: ${command}`,
    );
    await expect(cluster.grammar(lake)).rejects.toThrow(grant('SHOW LINK, CREATE LINK'));
    expect(server.link('my shop', 'lake')?.credentials).toEqual({ aws_access_key_id: 'AKIAOLD' });
  });

  test('is not asked for where the grants show it: no CREATE LINK is sent merely to ask', async () => {
    const { server, cluster } = await asUser(all, { version: '9.0' });
    expect(await cluster.grammar(lake)).toBe('replace');
    expect(server.statements.filter(({ sql }) => sql.startsWith('CREATE LINK'))).toEqual([]);
  });

  test.each(['9.1', '9.0', '8.9'] as const)('is asked for without an effect on %s', async (version) => {
    const { server, cluster } = await asUser(all, { version });
    const before = snapshot(server);
    expect(await cluster.grammar(lake)).toBe(version === '9.1' ? 'alter' : version === '9.0' ? 'replace' : null);
    expect(snapshot(server)).toEqual(before);
  });

  test('is asked for without an effect, though somebody drops the link just before the question', async () => {
    let asking = false;
    const { server, cluster } = await asUser(all, {
      version: '9.0',
      onStatement: async ({ sql }) => {
        if (asking && sql === 'SHOW GRANTS') return refused(1142, '42000'); // so that it has to be asked
        if (asking && sql.startsWith('CREATE LINK')) {
          await server.execute('DROP PIPELINE orders', 'my shop');
          await server.execute('DROP LINK lake', 'my shop');
        }
        return 'ok';
      },
    });
    asking = true;
    await cluster.grammar(lake);
    expect(server.statements.filter(({ sql }) => sql.startsWith('CREATE LINK'))).toHaveLength(1);
    expect(server.link('my shop', 'lake')).toBeUndefined();
  });

  test.each([
    ['1235, as MySQL says it', refused(1235, '42000')],
    [
      'a number that nobody knows',
      { ...refused(4711), message: "This version of SingleStore doesn't yet support 'ALTER LINK'" },
    ],
    ['a number that nobody knows and other words', { ...refused(4711), message: 'Feature is not supported' }],
  ])('a server that does not support either way is known by %s', async (_, answer) => {
    expect(await (await refusing(/LINK/, answer)).grammar(lake)).toBeNull();
  });

  test('a right above databases that is missing is no grammar either', async () => {
    const cluster = await refusing(/^ALTER LINK/, refused(1227, '42000'));
    await expect(cluster.grammar(lake)).rejects.toThrow(/^PRIVILEGE_MISSING/);
  });

  test('a database that is not attached is found by it', async () => {
    const cluster = await refusing(/^ALTER LINK/, refused(1049, '42000'));
    await expect(cluster.grammar(lake)).rejects.toThrow(/^WORKSPACE_WRONG: .*not attached to/);
  });
});

describe('CONFIG that the catalogue does not show', () => {
  const columns = ['DATABASE_NAME', 'LINK', 'TYPE', 'DESCRIPTION', 'CONFIG'];
  const linkOf = async (type: string, shown: OddOptions['answer']) => {
    const server = await oddSingleStore({
      answer: (sql, id) => (sql.includes('LINKS') ? rows(columns, ['shop', 'lake', type, '', null]) : shown?.(sql, id)),
    });
    const cluster = await openClusters({ random: () => 'f00d' }).open(server.secret, 1);
    opened.push(() => cluster.close());
    return { links: cluster.links('shop'), statements: server.statements };
  };
  const definition =
    'CREATE LINK `lake` AS S3 CONFIG "{\\"region\\":\\n \\"CONFIG \'x\'\\"}" CREDENTIALS <CREDENTIALS REDACTED>';

  test('is read from SHOW CREATE LINK, in the database of the link', async () => {
    const { links, statements } = await linkOf('S3', (sql) =>
      sql.startsWith('SHOW CREATE LINK') ? rows(['Link Name', 'Create Link'], ['lake', definition]) : undefined,
    );
    expect(await links).toMatchObject([{ config: `{"region":\n "CONFIG 'x'"}` }]);
    expect(statements.slice(-2)).toEqual(['USE `shop`', 'SHOW CREATE LINK `lake`']);
  });

  test('is none where the definition shows none either', async () => {
    const { links } = await linkOf('S3', (sql) =>
      sql.startsWith('SHOW CREATE LINK')
        ? rows(['Link Name', 'Create Link'], ['lake', 'CREATE LINK `CONFIG` AS S3 CREDENTIALS <CREDENTIALS REDACTED>'])
        : undefined,
    );
    expect(await links).toMatchObject([{ config: '' }]);
  });

  test('is none for an HTTP link, of which there is no SHOW CREATE LINK', async () => {
    const { links, statements } = await linkOf('HTTP', () => undefined);
    expect(await links).toMatchObject([{ config: '' }]);
    expect(statements.join()).not.toContain('SHOW CREATE LINK');
  });

  test('is an error where the definition is refused: a link that is replaced would lose it', async () => {
    const { links } = await linkOf('S3', (sql) => (sql.startsWith('SHOW CREATE LINK') ? refused(1142) : undefined));
    await expect(links).rejects.toThrow(/^PRIVILEGE_MISSING: .*GRANT SHOW LINK ON `shop`/);
  });
});

describe('what a plan asks besides', () => {
  test("the user's databases, without the server's own", async () => {
    const cluster = await refusing(
      /DATABASES/,
      rows(['Database'], ['shop'], ['INFORMATION_SCHEMA'], ['memsql'], ['cluster'], ['a.b']),
    );
    expect(await cluster.databases()).toEqual(['shop', 'a.b']);
  });

  test('functions by their first column and the link in their last, bare or qualified', async () => {
    const cluster = await refusing(
      /SHOW FUNCTIONS IN `shop`/,
      rows(
        ['Functions_in_shop', 'Function Type', 'Definer', 'Link'],
        ['plain', 'User Defined Function', 'root', ''],
        ['none', 'User Defined Function', 'root', null],
        ['here', 'External User Defined Function', 'root', 'lake'],
        ['there', 'External User Defined Function', 'root', 'sales.`a.b`'],
        ['no name', 'External User Defined Function', 'root', 'a b c'],
      ),
    );
    expect(await cluster.functions('shop')).toEqual([
      { name: qualified('shop', 'here'), link: qualified('shop', 'lake') },
      { name: qualified('shop', 'there'), link: qualified('sales', 'a.b') },
    ]);
  });

  test('functions by the column of that name wherever it stands', async () => {
    const cluster = await refusing(
      /SHOW FUNCTIONS/,
      rows(['Functions_in_shop', 'Link', 'Overload'], ['here', 'lake', 'f_int'], ['plain', '', 'lake']),
    );
    expect((await cluster.functions('shop'))?.map(({ name }) => name)).toEqual([qualified('shop', 'here')]);
  });

  test.each([1064, 1142])('is nothing where the server refuses to say (%i)', async (errno) => {
    const cluster = await refusing(/^SHOW/, refused(errno));
    expect([await cluster.databases(), await cluster.functions('shop')]).toEqual([null, null]);
  });
});
