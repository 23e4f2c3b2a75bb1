import { readFileSync } from 'node:fs';
import { RotationSource } from '../../infra';
import { all, arn, connection, imported, inVpc, type Resource, statements, synth } from './given';

/* What the README tells those who do without CDK, beside what CDK makes. */

const readme = readFileSync('README.md', 'utf8');
const section = readme.slice(readme.indexOf('### Without CDK'), readme.indexOf('### Upgrade and removal'));
const rows = section.split('\n').filter((line) => /^ +\| (?!rule|---)/.test(line));

/** A mirrored secret, in a VPC, with a status page: all that the construct can make. */
const template = synth((stack) => ({
  source: RotationSource.mirror(imported(stack, arn('prod/upstream-AbCdEf'))),
  ...inVpc(stack),
  statusPage: true,
}));

/** What must be typed to make a rule: its schedule and what it sends, or the names and words of its pattern. */
function wordsOf({ Properties }: Resource): readonly string[] {
  const { ScheduleExpression: schedule, EventPattern: pattern, Targets: targets } = Properties;
  if (typeof schedule === 'string') return [schedule, (targets as [{ Input: string }])[0].Input];
  return [...JSON.stringify(pattern).matchAll(/"([\w -]+)"(?=[:,\]])/g)].flatMap(([, word = '']) =>
    word === 'source' || word === 'detail' ? [] : [word],
  );
}

test('each rule that the construct makes has its row, and no row is of another', () => {
  const rules = all(template, 'AWS::Events::Rule');
  expect(rules).toHaveLength(5);
  const told = rules.map((rule) => rows.filter((row) => wordsOf(rule).every((word) => row.includes(word))));
  expect(told.map((found) => found.length)).toEqual([1, 1, 1, 1, 1]);
  expect(new Set(told.flat())).toEqual(new Set(rows));
});

test('it counts the alarms, and names the metric of each with its threshold', () => {
  const alarms = all(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
  expect(alarms).toHaveLength(10);
  expect(section).toContain('the ten alarms');
  for (const { MetricName, Threshold } of alarms) {
    expect(section).toContain(`\`${String(MetricName)}\``);
    expect(section).toContain(Number(Threshold).toLocaleString('en'));
  }
});

test('the log is masked for what the construct masks in its own', () => {
  const [policy] = all(template, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties['DataProtectionPolicy']);
  const { Configuration } = policy as { Configuration: { CustomDataIdentifier: { Name: string; Regex: string }[] } };
  const masked = Configuration.CustomDataIdentifier;
  expect(masked).toHaveLength(7);
  for (const { Name, Regex } of masked) {
    expect(section).toContain(`\`${Name}\``);
    expect(section).toContain(`\`${Regex.replace(Name, 'NAME')}\``);
  }
  expect(JSON.stringify(policy)).toContain('data-identifier/AwsSecretKey');
  expect(section).toContain('`AwsSecretKey`');
});

test('the permissions name the secret that holds the definitions, which both functions may read', () => {
  const permissions = readme.slice(readme.indexOf('## Permissions'), readme.indexOf('## What is promised'));
  const stored = synth((stack) => ({
    targets: [
      { connectionSecret: imported(stack, connection), links: Array<string>(150).fill('a.long_name_of_a_link') },
    ],
    statusPage: true,
  }));
  const [[id] = ['']] = Object.entries(stored.findResources('AWS::SecretsManager::Secret'));
  const readers = statements(stored).filter(({ Resource }) => JSON.stringify(Resource).includes(id));
  expect(readers.map(({ Action }) => Action)).toEqual(Array(2).fill('secretsmanager:GetSecretValue'));
  expect(permissions).toMatch(/^\| the secret with the definitions, .*`ROTATIONS`.* \| \*\*`GetSecretValue`\*\* \|$/m);
});
