import { openNotices } from '../../lambda/edge/notices';
import type { Fault } from '../standins/aws/server';
import { answering, aws, closeOutside, printed } from './outside';

afterEach(closeOutside);

const topic = 'arn:aws:sns:us-east-1:111122223333:alarms';

/** `faults` befall the calls in turn. */
async function topicWith(...faults: Fault[]) {
  const started = await aws({ onRequest: () => faults.shift() ?? 'ok' });
  started.sns.topics.add(topic);
  return { ...started, notices: openNotices({ NOTICES_TOPIC: topic }) };
}

test('a message arrives as it was sent, with its subject', async () => {
  const { notices, sns, requests } = await topicWith();
  await notices.send('Rotation of a failed', 'line 1\n\nline 2: `a`.`b` & ü\n');
  expect(sns.published).toEqual([
    { topicArn: topic, subject: 'Rotation of a failed', message: 'line 1\n\nline 2: `a`.`b` & ü\n' },
  ]);
  expect(requests.map(({ permission, resource }) => [permission, resource])).toEqual([['sns:Publish', topic]]);
});

test('a message whose answer was lost is sent again: told twice is better than not', async () => {
  const { notices, sns } = await topicWith('drop-after');
  await notices.send('s', 'm');
  expect(sns.published).toHaveLength(2);
});

test('without a topic nobody is told, and nothing is asked', async () => {
  const { requests } = await aws();
  const notices = openNotices({ NOTICES: 'all' });
  await notices.send('s', 'm');
  expect([notices.wanted, requests]).toEqual(['none', []]);
});

test.each([
  [undefined, 'failures'],
  ['failures', 'failures'],
  ['ALL ', 'all'],
  ['every', 'failures'],
])('NOTICES=%s: people are told of %s', (NOTICES, wanted) => {
  expect(openNotices({ NOTICES_TOPIC: topic, NOTICES }).wanted).toBe(wanted);
});

test('a refusal names topic and code, and not the message', async () => {
  const { sns } = await topicWith();
  sns.topics.clear();
  const said = await printed(openNotices({ NOTICES_TOPIC: topic }).send('s', 'CANARY'));
  expect(said).toContain(`AWS_REFUSED: Publish to ${topic} was refused by AWS: NotFound`);
  expect(said).not.toContain('CANARY');
});

test('a service that answers nonsense is no success', async () => {
  await answering(503, 'CANARY');
  const said = await printed(openNotices({ NOTICES_TOPIC: topic }).send('s', 'm'));
  expect(said).toContain('got no clear answer');
  expect(said).not.toContain('CANARY');
});
