import { randomUUID } from 'node:crypto';
import type { Principal } from './iam';
import { AwsError, queryService, type Service } from './wire';

/** A message to a topic, as its subscribers get it. */
export interface PublishedMessage {
  readonly topicArn: string;
  readonly subject: string | null;
  readonly message: string;
}

/**
 * SNS: standard topics that take messages.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export class Sns {
  /** ARNs of the topics there are. */
  readonly topics = new Set<string>();
  /** In the order in which they came. */
  readonly published: PublishedMessage[] = [];
  readonly service: Service<Principal> = queryService('sns', 'http://sns.amazonaws.com/doc/2010-03-31/', {
    Publish: (parameters) => {
      const topicArn = parameters.get('TopicArn') ?? '';
      const message = parameters.get('Message') ?? '';
      const subject = parameters.get('Subject');
      if (!this.topics.has(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
      if (message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
      // "must be ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or control
      // characters; and must be less than 100 characters long"; the service itself takes 100
      if (subject !== null && !/^[!-~][ -~]{0,99}$/.test(subject))
        throw new AwsError('InvalidParameter', 'Invalid parameter: Subject');
      if (Buffer.byteLength(message) > 262_144)
        throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
      this.published.push({ topicArn, subject, message });
      return { MessageId: randomUUID() };
    },
  });
}
