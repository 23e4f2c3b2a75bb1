import type { InvocationError } from './rotation';
import type { Principal } from './iam';
import { AwsError, jsonCodes, type Service } from './wire';

/** One synchronous invocation of a function: what it returns, or how it failed. */
export type Call = (
  event: unknown,
) => Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: InvocationError }>;

const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda as its callers see it: Invoke, and nothing else. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export class LambdaFunctions {
  /** What runs behind each name. */
  readonly functions = new Map<string, Call>();

  readonly service: Service<Principal> = {
    operation: ({ path: asked }) => ({
      action: 'Invoke',
      permission: 'lambda:InvokeFunction',
      resource: nameIn(asked),
      parameters: [],
    }),
    run: async ({ resource = '' }, { headers, body }) => {
      const call = this.functions.get(resource);
      if (call === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${resource}`, 404);
      if ((headers['x-amz-invocation-type'] ?? 'RequestResponse') !== 'RequestResponse')
        throw new AwsError('InvalidParameterValueException', 'The stand-in has synchronous invocation only.');
      const result = await call(JSON.parse(body.toString() || '{}'));
      return {
        status: 200, // also of a function that failed: then the header says so
        headers: {
          'content-type': 'application/json',
          'x-amz-executed-version': '$LATEST',
          ...(result.ok ? {} : { 'x-amz-function-error': 'Unhandled' }),
        },
        body: JSON.stringify((result.ok ? result.value : result.error) ?? null),
      };
    },
    refuse: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': jsonCodes[code] ?? code },
      body: JSON.stringify({ Type: 'User', Message: message }),
    }),
  };
}

/** The function's name, of a name or an ARN. */
function nameIn(asked: string): string {
  const given = decodeURIComponent(path.exec(asked)?.[1] ?? '');
  return /:function:([^:]+)/.exec(given)?.[1] ?? given;
}
