import { until } from './bench';
import { useBench } from './suite';

const bench = useBench();

test('the version is a number of three parts, apart from the one that MySQL clients are told', async () => {
  const [row] = await bench().root.rows('SELECT @@memsql_version AS engine, @@version AS mysql, @@sql_mode AS mode');
  expect(row!['engine']).toMatch(/^\d+\.\d+\.\d+/);
  expect(row!['mysql']).toMatch(/^5\./);
  expect(row!['mode']).not.toMatch(/NO_BACKSLASH_ESCAPES|ANSI_QUOTES/);
});

test('the process list has every connection of the user, until KILL', async () => {
  const [victim, other] = [await bench().connect(), await bench().connect()];
  const [row] = await victim.rows('SELECT CONNECTION_ID() AS id');
  expect(row!['id']).toBe(victim.id);
  const listed = async () => (await other.rows('SHOW PROCESSLIST')).some((session) => session['Id'] === victim.id);
  expect(await listed()).toBe(true);
  await other.rows(`KILL CONNECTION ${victim.id}`);
  await until('the killed connection is not listed', async () => !(await listed()));
  await expect(victim.rows('SELECT 1')).rejects.toThrow();
});

test('a number that no connection has is refused by KILL', async () => {
  await bench().root.refusal('KILL CONNECTION 4294967');
});

test('with audit logging on, prepared statements are refused in the documented words; with it off they are not', async () => {
  const [row] = await bench().root.rows("SHOW VARIABLES LIKE 'auditlog_level'");
  const outcome = await bench().root.prepared('SELECT 1');
  if (row === undefined || row['Value'] === 'OFF') expect(outcome).not.toContain('Audit logging');
  else expect(outcome).toContain("Feature 'Audit logging with binary protocol' is not supported by SingleStore.");
  expect(await bench().root.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('one statement at a time: a second behind a semicolon is refused', async () => {
  await bench().root.refusal('SELECT 1; SELECT 2');
});
