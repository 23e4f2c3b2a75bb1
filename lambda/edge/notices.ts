import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notices } from '../ports';
import { awsError, clientOptions } from './aws';

/** Less than the steps wait for it. Milliseconds, for each attempt. */
const publishMs = 1_500;

/**
 * Messages to the topic in `NOTICES_TOPIC`; without one nobody is told. `NOTICES`: `all` tells of rotations that went well, too; anything
 * else only of those that did not.
 */
export function openNotices(env: NodeJS.ProcessEnv, timeoutMs = publishMs): Notices {
  const topic = env['NOTICES_TOPIC']?.trim() ?? '';
  let opened: SNSClient | undefined;
  const client = (): SNSClient => (opened ??= new SNSClient(clientOptions(timeoutMs)));
  return {
    wanted: topic === '' ? 'none' : env['NOTICES']?.trim().toLowerCase() === 'all' ? 'all' : 'failures',
    async send(subject, text) {
      if (topic === '') return;
      try {
        await client().send(new PublishCommand({ TopicArn: topic, Subject: subject, Message: text }));
      } catch (error) {
        throw awsError(
          error,
          `Publish to ${topic}`,
          'People were not told, or not for certain; the message stands in the journal, and the watchdog sends it again until the topic takes it. Check that the role of the function may call sns:Publish on the topic and use its key, and the way from the function to SNS.',
        );
      }
    },
  };
}
