import { alarms } from '../../runbook/alarms';
import { all, synth } from './given';

const described = all(
  synth(() => ({ email: 'on-call@example.com' })),
  'AWS::CloudWatch::Alarm',
).map(({ Properties }) => String(Properties['AlarmDescription']));
const anchorOf = (description: string): string | undefined => / More: docs\/runbook\.md#(\w+)$/.exec(description)?.[1];

test('each alarm names its section of the runbook, and each section is of an alarm', () => {
  const sections = Object.keys(alarms).map((name) => name.toLowerCase());
  expect(described.map(anchorOf).sort()).toEqual(sections.sort());
});
