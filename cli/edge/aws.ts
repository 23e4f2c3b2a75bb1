import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import { Failure } from '../exit';

/** Asks the function. @throws Failure when it does not answer */
export type Ask = (event: object) => Promise<unknown>;

/** An invocation lasts 15 minutes at most; its answer has that much time. Milliseconds. */
const longestMs = 910_000;
const requestHandler = { connectionTimeout: 10_000, requestTimeout: longestMs, socketTimeout: longestMs };

/** Invokes the deployed function. */
export function deployed(FunctionName: string): Ask {
  const client = new LambdaClient({ requestHandler });
  return async (event) => {
    const command = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) });
    const { FunctionError, Payload } = await client.send(command).catch((error: unknown) => {
      throw unreachable(error, `function ${FunctionName} could not be invoked`);
    });
    const answer = parsed(Buffer.from(Payload ?? []).toString(), FunctionName);
    if (FunctionError !== undefined) throw new Failure(messageOf(answer));
    return answer;
  };
}

/** What RotateSecret did: `refused` for people, and whether a rotation is under way already, which it says will be tried again. */
export type Start = { readonly version: string } | { readonly refused: string; readonly underWay: boolean };

/** Starts a rotation, as "Rotate secret immediately" does. @throws Failure when Secrets Manager could not be asked */
export async function startRotation(SecretId: string): Promise<Start> {
  const client = new SecretsManagerClient({ requestHandler: { ...requestHandler, requestTimeout: 10_000 } });
  try {
    const command = new RotateSecretCommand({ SecretId, ClientRequestToken: randomUUID() });
    const { VersionId = '' } = await client.send(command);
    return { version: VersionId };
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'InvalidRequestException')
      throw unreachable(error, `the rotation of ${SecretId} could not be started`);
    return { refused: message, underWay: message.startsWith("A previous rotation isn't complete") };
  }
}

/**
 * Puts what the SDK finds in profiles, single sign-on and the like into the environment: the function's own build looks for
 * credentials there alone, because in Lambda they are nowhere else.
 */
export async function exportCredentials(env: NodeJS.ProcessEnv): Promise<void> {
  const { config } = new LambdaClient({});
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials();
    env['AWS_REGION'] = await config.region();
    env['AWS_ACCESS_KEY_ID'] = accessKeyId;
    env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey;
    if (sessionToken === undefined) delete env['AWS_SESSION_TOKEN'];
    else env['AWS_SESSION_TOKEN'] = sessionToken;
    delete env['AWS_PROFILE'];
  } catch (error) {
    throw unreachable(error, 'the function could not be run here');
  }
}

/**
 * Where nobody answers is told, when the environment leads to this machine in place of AWS: a shell keeps what a demonstration gave it.
 *
 * @param said a message, or an answer as JSON
 */
export function gone(said: string, env: NodeJS.ProcessEnv): string | null {
  const [name] =
    Object.entries(env).find(
      ([key, url = '']) => key.startsWith('AWS_ENDPOINT_URL') && /^https?:\/\/(127\.|localhost|\[::1\])/.test(url),
    ) ?? [];
  if (name === undefined || !/(?:answer|invoked|started): (?:connect )?ECONNREFUSED/.test(said)) return null;
  return `${name} of this shell leads to this machine instead of AWS, and nobody answers there: the demonstration that it came from (npm start -- --keep) has ended. Use another shell.`;
}

function parsed(payload: string, name: string): unknown {
  try {
    return JSON.parse(payload === '' ? 'null' : payload);
  } catch {
    throw new Failure(`${name} answered something that is not JSON: is it the rotation function?`);
  }
}

const messageOf = (answer: unknown): string => {
  const { errorMessage, errorType } = (answer ?? {}) as { errorMessage?: unknown; errorType?: unknown };
  return typeof errorMessage === 'string' ? errorMessage : `the function failed: ${String(errorType)}`;
};

const hints: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'Set AWS_PROFILE or --profile, or log in (aws sso login).',
  ResourceNotFoundException: 'Look at the name, and at --region.',
  AccessDeniedException: 'Whoever uses this tool needs that right.',
  ExpiredTokenException: 'Log in again (aws sso login).',
};

function unreachable(error: unknown, what: string): Failure {
  const { name, message, code } = error as NodeJS.ErrnoException;
  const why = message === '' ? (code ?? name) : message; // an address with two forms leaves only a code
  const region = message === 'Region is missing' ? 'Set AWS_REGION or --region.' : undefined;
  return new Failure([`${what}: ${why.replace(/\.?$/, '.')}`, region ?? hints[name]].filter(Boolean).join(' '));
}
