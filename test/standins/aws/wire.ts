import type { IncomingHttpHeaders } from 'node:http';

/** One HTTP request as it arrived: `path` and `query` still percent-encoded, because the signature is over the bytes sent. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

/** What a request asks for, read before it is authenticated. It has no place for a value that could be secret. */
export interface Operation {
  /** The API's own name, for example `ListObjectsV2`. */
  readonly action: string;
  /** The IAM action that allows it, for example `s3:ListBucket`. */
  readonly permission: string;
  /** The secret, user, access key, bucket, table or topic in question, as the caller named it. */
  readonly resource?: string | undefined;
  /** The part of the bucket in question: a prefix or a key. */
  readonly prefix?: string | undefined;
  /** Names of the parameters given, without their values. */
  readonly parameters: readonly string[];
}

/** An answer other than success. Each wire protocol spells the codes in its own way, see `json`, `query` and `s3.ts`. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** One AWS service: the wire protocol around the state in `secretsManager.ts`, `iam.ts`, `s3.ts`. */
export interface Service<Caller> {
  operation(request: HttpRequest): Operation;
  run(operation: Operation, request: HttpRequest, caller: Caller): Reply | Promise<Reply>;
  refuse(error: AwsError, request: HttpRequest): Reply;
}

type Parameters = Record<string, unknown>;

/** Names that the JSON services have for what the Query services call otherwise. */
export const jsonCodes: Record<string, string> = {
  InvalidClientTokenId: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  AccessDenied: 'AccessDeniedException',
};

export const jsonReply = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});

export const jsonError = ({ code, message, status }: AwsError): Reply =>
  jsonReply(code in jsonCodes ? 400 : status, { __type: jsonCodes[code] ?? code, Message: message, message });

/** AWS JSON 1.0 and 1.1: the operation in `x-amz-target`, the parameters as a JSON object. */
export function jsonOperation(service: string, resourceParameter: string, request: HttpRequest): Operation {
  const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
  const parameters = jsonParameters(request);
  const resource = parameters[resourceParameter];
  return {
    action,
    permission: `${service}:${action}`,
    resource: typeof resource === 'string' ? resource : undefined,
    parameters: Object.keys(parameters),
  };
}

export const jsonParameters = (request: HttpRequest): Parameters =>
  JSON.parse(request.body.toString() || '{}') as Parameters;

/** AWS Query (IAM, STS, SNS): form-encoded parameters, XML answers `<XResponse><XResult>…`. */
export function queryService<Caller>(
  service: string,
  namespace: string,
  actions: Partial<Record<string, (parameters: URLSearchParams, caller: Caller) => Xml>>,
): Service<Caller> {
  const parametersOf = (request: HttpRequest) => new URLSearchParams(request.body.toString());
  return {
    operation(request) {
      const parameters = parametersOf(request);
      const action = parameters.get('Action') ?? '';
      return {
        action,
        permission: `${service}:${action}`,
        resource:
          parameters.get('UserName') ?? parameters.get('AccessKeyId') ?? parameters.get('TopicArn') ?? undefined,
        parameters: [...parameters.keys()].filter((name) => name !== 'Action' && name !== 'Version'),
      };
    },
    run({ action }, request, caller) {
      const act = actions[action];
      if (act === undefined) throw new AwsError('InvalidAction', `Could not find operation ${action}`);
      const result = act(parametersOf(request), caller);
      const body = { [`${action}Result`]: result, ResponseMetadata: { RequestId: 'request' } };
      return xmlReply(200, { [`${action}Response`]: body }, namespace);
    },
    refuse: ({ code, message, status }) =>
      xmlReply(status, { ErrorResponse: { Error: { Type: 'Sender', Code: code, Message: message } } }, namespace),
  };
}

/** An XML tree: element names to text, children, or a list of repeated elements. `undefined` is left out. */
export type Xml = { readonly [element: string]: string | Xml | readonly Xml[] | undefined };

export const xmlReply = (status: number, tree: Xml, namespace?: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml(tree, namespace)}`,
});

function xml(tree: Xml, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return Object.entries(tree)
    .flatMap(([name, value]) => (Array.isArray(value) ? (value as Xml[]) : [value]).map((one) => [name, one] as const))
    .map(([name, value]) =>
      value === undefined
        ? ''
        : `<${name}${attribute}>${typeof value === 'string' ? escapeXml(value) : xml(value as Xml)}</${name}>`,
    )
    .join('');
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>"\r]/g, (character) => `&#${String(character.charCodeAt(0))};`);
