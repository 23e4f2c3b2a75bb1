import { RotationError } from './errors';
import type { VersionId } from './version';

export const rotationSteps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof rotationSteps)[number];

/** What the function can be asked to do (design, section 2.5). */
export type Request =
  | {
      readonly type: 'rotation';
      readonly step: Step;
      readonly secretId: string;
      /** `ClientRequestToken`: the id of the version that this rotation makes. */
      readonly version: VersionId;
      /** Passed on to PutSecretValue, never logged. */
      readonly rotationToken?: string;
    }
  | { readonly type: 'recover' }
  /** Something happened to a secret: for those that mirror it. */
  | { readonly type: 'secret-changed'; readonly secretId: string }
  | { readonly type: 'plan'; readonly secretId: string };

const accepted =
  'accepted are {"Step","SecretId","ClientRequestToken"} from Secrets Manager with Step one of ' +
  `${rotationSteps.join(', ')}; {"action":"recover"}; {"action":"plan","secretId":…}; ` +
  'events of EventBridge with source aws.secretsmanager';

/**
 * Reads an event of any accepted shape. Secrets Manager sends camelCase steps; its guide also spells them in
 * snake_case (facts: aws-rotation, section 1), so both are taken.
 *
 * @throws EVENT_INVALID naming the accepted shapes; the event itself is never repeated, it may hold a RotationToken.
 */
export function parseEvent(event: unknown): Request {
  if (typeof event !== 'object' || event === null) throw invalid('the event is not an object');
  const fields = event as Readonly<Record<string, unknown>>;
  if ('Step' in fields) return parseRotation(fields);
  if (fields['source'] === 'aws.secretsmanager') return { type: 'secret-changed', secretId: changedSecret(fields) };
  switch (fields['action']) {
    case 'recover':
      return { type: 'recover' };
    case 'plan':
      return { type: 'plan', secretId: text(fields, 'secretId') };
    default:
      throw invalid('the event has neither a "Step" nor a known "action"');
  }
}

function parseRotation(fields: Readonly<Record<string, unknown>>): Request {
  const spelled = text(fields, 'Step').replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const step = rotationSteps.find((known) => known === spelled);
  if (step === undefined) throw invalid('"Step" is not a rotation step');
  const rotationToken = fields['RotationToken'];
  return {
    type: 'rotation',
    step,
    secretId: text(fields, 'SecretId'),
    version: text(fields, 'ClientRequestToken'),
    ...(typeof rotationToken === 'string' && rotationToken !== '' ? { rotationToken } : {}),
  };
}

/**
 * The secret that an event of Secrets Manager is about. Its own events have the ARN among the resources; of those that come through a
 * trail, service events have it beside the request, API calls in it, and the spelling of `arn` varies between actions (facts:
 * aws-rotation, section 9).
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
 */
function changedSecret({ resources, detail }: Readonly<Record<string, unknown>>): string {
  const [resource] = Array.isArray(resources) ? (resources as readonly unknown[]) : [];
  if (typeof resource === 'string' && resource.includes(':secretsmanager:')) return resource;
  const within = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { additionalEventData, requestParameters, responseElements } = within(detail);
  for (const place of [additionalEventData, responseElements, requestParameters].map(within)) {
    for (const [name, value] of Object.entries(place)) {
      if (/^(?:secretid|arn)$/i.test(name) && typeof value === 'string' && value !== '') return value;
    }
  }
  throw invalid('the event of Secrets Manager names no secret');
}

function text(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw invalid(`"${name}" is missing or not a text`);
  return value;
}

function invalid(problem: string): RotationError {
  return new RotationError('EVENT_INVALID', `${problem}; ${accepted}. Nothing was done.`);
}
