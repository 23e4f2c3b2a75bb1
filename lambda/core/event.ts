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
  | { readonly type: 'plan'; readonly secretId: string };

const accepted =
  'accepted are {"Step","SecretId","ClientRequestToken"} from Secrets Manager with Step one of ' +
  `${rotationSteps.join(', ')}; {"action":"recover"}; {"action":"plan","secretId":…}`;

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

function text(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw invalid(`"${name}" is missing or not a text`);
  return value;
}

function invalid(problem: string): RotationError {
  return new RotationError('EVENT_INVALID', `${problem}; ${accepted}. Nothing was done.`);
}
