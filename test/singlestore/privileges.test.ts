import { NOBODY } from './bench';
import { Client, quoteJson, quoteName, quoteText } from './client';
import { describeUnless, useBench } from './suite';

const bench = useBench();
/** What the README tells its readers to grant. */
const rotator = ['SHOW LINK', 'CREATE LINK', 'SHOW PIPELINE', 'START PIPELINE'];
const without = (privilege: string) => rotator.filter((name) => name !== privilege);

test('a user with the documented grants lists, stops, alters and starts', async () => {
  const link = await bench().link();
  const pipeline = await bench().running(link);
  const { client } = await bench().user(rotator);
  const rows = await client.rows(
    `SELECT STATE FROM information_schema.PIPELINES WHERE DATABASE_NAME = ${quoteText(bench().database)} AND ` +
      `PIPELINE_NAME = ${quoteText(pipeline.slice(1, -1))}`,
  );
  expect(rows).toEqual([{ STATE: 'Running' }]);
  await client.rows(`SHOW CREATE PIPELINE ${pipeline}`);
  await client.rows(`SHOW CREATE LINK ${link}`);
  await client.rows(`STOP PIPELINE IF RUNNING ${pipeline}`);
  await bench().reaches(pipeline, 'Stopped');
  await client.rows(`ALTER LINK ${link} SET CREDENTIALS ${quoteJson(NOBODY)}`);
  await client.rows(`START PIPELINE IF NOT RUNNING ${pipeline}`);
  await bench().reaches(pipeline, 'Running');
});

test('without START PIPELINE there is no STOP either: 1142, as the STOP PIPELINE page words it', async () => {
  const pipeline = await bench().running(await bench().link());
  const { client, name } = await bench().user(without('START PIPELINE'));
  const refused = await client.refusal(`STOP PIPELINE ${pipeline}`);
  expect(refused).toMatchObject({ errno: 1142, sqlState: '42000' });
  expect(refused.message).toContain(`STOP PIPELINE command denied to user '${name}'@'`);
  expect(refused.message).toContain(`for table '${pipeline.slice(1, -1)}'`);
  expect(await client.refusal(`START PIPELINE IF NOT RUNNING ${pipeline}`)).toMatchObject({ errno: 1142 });
  expect(await bench().stateOf(pipeline)).toBe('Running');
});

test('without any privilege on links ALTER LINK and SHOW CREATE LINK are refused with 1142', async () => {
  const link = await bench().link();
  const { client } = await bench().user(['SHOW PIPELINE', 'START PIPELINE']);
  expect(await client.refusal(`ALTER LINK ${link} SET CONFIG '{}'`)).toMatchObject({ errno: 1142 });
  expect(await client.refusal(`SHOW CREATE LINK ${link}`)).toMatchObject({ errno: 1142 });
});

test('what is granted can be read, and is gone when it is revoked', async () => {
  const { client, name } = await bench().user(rotator);
  const grants = JSON.stringify(await client.rows('SHOW GRANTS'));
  for (const privilege of rotator) expect(grants).toContain(privilege);
  await bench().root.rows(`REVOKE START PIPELINE ON ${quoteName(bench().database)}.* FROM ${quoteText(name)}@'%'`);
  expect(JSON.stringify(await client.rows('SHOW GRANTS'))).not.toContain('START PIPELINE');
});

test('a wrong password is refused with 1045', async () => {
  const { name } = await bench().user([]);
  const login = Client.open({ ...bench().witness.target, user: name, password: 'wrong' });
  await expect(login).rejects.toMatchObject({ errno: 1045, sqlState: '28000' });
});

const clearText =
  new URL(process.env['SINGLESTORE_URL'] ?? 'mysql://stand-in').searchParams.get('tls') === 'off'
    ? 'tls=off in SINGLESTORE_URL: nobody who must use TLS could log in'
    : undefined;
describeUnless(clearText, 'a user that must come over TLS', () => {
  test('is refused without it, with the right password', async () => {
    const { name: user, password } = await bench().user([], 'REQUIRE SSL');
    const login = Client.open({ ...bench().witness.target, user, password, tls: 'off' });
    await expect(login).rejects.toMatchObject({ errno: 1045 });
  });
});
