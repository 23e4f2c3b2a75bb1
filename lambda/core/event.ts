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
  /** `dryRun`: only say what would be done. */
  | { readonly type: 'recover'; readonly dryRun: boolean }
  /** Something happened to a secret: for those that mirror it. `requestedBy`: the ARN of who started a rotation by hand, where a trail tells. */
  | { readonly type: 'secret-changed'; readonly secretId: string; readonly requestedBy?: string }
  | { readonly type: 'plan'; readonly secretId: string }
  /** Without `secretId`: all secrets. */
  | { readonly type: 'status'; readonly secretId?: string }
  /** The older key ends at once: one that has leaked. */
  | { readonly type: 'retire'; readonly secretId: string; readonly dryRun: boolean }
  | ({ readonly type: 'widget' } & WidgetRequest);

/** What a CloudWatch dashboard asks of a custom widget. */
export interface WidgetRequest {
  /** It wants the widget's documentation, not the widget. */
  readonly describe: boolean;
  /** From the widget's parameters; absent: all secrets. */
  readonly secretId?: string;
  /** A whole document is wanted, to keep as a file. */
  readonly document: boolean;
  /** How it is looked at, as the dashboard says it: the page reads it. */
  readonly context: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const accepted =
  'accepted are {"Step","SecretId","ClientRequestToken"} from Secrets Manager with Step one of ' +
  `${rotationSteps.join(', ')}; {"action":"recover"}; {"action":"plan","secretId":…}; {"action":"status"}, with a "secretId" for one secret; ` +
  '{"action":"retire","secretId":…,"now":true}; recover and retire also with "dryRun":true; ' +
  '{"describe":true} and {"widgetContext":…} of a CloudWatch custom widget; ' +
  'events of EventBridge with source aws.secretsmanager';

/**
 * Reads an event of any accepted shape. Secrets Manager sends camelCase steps; its guide also spells them in
 * snake_case (facts: aws-rotation, section 1), so both are taken.
 *
 * @throws EVENT_INVALID naming the accepted shapes; the event itself is never repeated, it may hold a RotationToken.
 */
export function parseEvent(event: unknown): Request {
  if (typeof event !== 'object' || event === null) throw invalid('the event is not an object');
  const fields = event as Fields;
  // before all else: beside its context stand parameters that somebody chose, of whatever names
  if ('widgetContext' in fields) return { type: 'widget', ...parseWidget(fields) };
  if ('Step' in fields) return parseRotation(fields);
  if (fields['source'] === 'aws.secretsmanager')
    return { type: 'secret-changed', secretId: changedSecret(fields), ...requester(fields) };
  switch (fields['action']) {
    case 'recover':
      return { type: 'recover', dryRun: flag(fields, 'dryRun') };
    case 'plan':
      return { type: 'plan', secretId: text(fields, 'secretId') };
    case 'status':
      return { type: 'status', ...optional(fields, 'secretId') };
    case 'retire':
      // what is due retires by itself: only the haste is asked for, and it must be meant
      if (!flag(fields, 'now')) throw invalid('"retire" needs "now":true');
      return { type: 'retire', secretId: text(fields, 'secretId'), dryRun: flag(fields, 'dryRun') };
    case undefined:
    case null:
    case '':
      if (fields['describe'] === true) return { type: 'widget', ...parseWidget(fields) };
  }
  throw invalid('the event has neither a "Step" nor a known "action"');
}

/** Parameters of the widget stand beside the context that the dashboard adds; one that was left empty is none, and they may come as texts. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html */
function parseWidget(fields: Fields): WidgetRequest {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== null));
  return {
    describe: given['describe'] === true,
    ...optional(given, 'secretId'),
    document: flag({ document: asFlag(given['document']) }, 'document'),
    context: fields['widgetContext'] ?? null,
  };
}

function parseRotation(fields: Fields): Request {
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
function changedSecret({ resources, detail }: Fields): string {
  const [resource] = Array.isArray(resources) ? (resources as readonly unknown[]) : [];
  if (typeof resource === 'string' && resource.includes(':secretsmanager:')) return resource;
  const { additionalEventData, requestParameters, responseElements } = within(detail);
  for (const place of [additionalEventData, responseElements, requestParameters].map(within)) {
    for (const [name, value] of Object.entries(place)) {
      if (/^(?:secretid|arn)$/i.test(name) && typeof value === 'string' && value !== '') return value;
    }
  }
  throw invalid('the event of Secrets Manager names no secret');
}

/** Who called RotateSecret. A service that does it on its schedule is nobody. */
function requester({ detail }: Fields): { readonly requestedBy?: string } {
  const { eventName, userIdentity } = within(detail);
  const { arn } = within(userIdentity);
  return eventName === 'RotateSecret' && typeof arn === 'string' && arn !== '' ? { requestedBy: arn } : {};
}

const within = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Absent is no; anything else than a boolean is refused, since a mistyped dry run must not be done in earnest. */
function flag(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw invalid(`"${name}" is neither true nor false`);
  return value;
}

/** A yes or no that was written as a text. */
const asFlag = (value: unknown): unknown =>
  typeof value === 'string' && /^(?:true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value;

const optional = (fields: Fields, name: 'secretId'): { readonly secretId?: string } =>
  fields[name] === undefined ? {} : { [name]: text(fields, name) };

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw invalid(`"${name}" is missing or not a text`);
  return value;
}

function invalid(problem: string): RotationError {
  return new RotationError('EVENT_INVALID', `${problem}; ${accepted}. Nothing was done.`);
}
