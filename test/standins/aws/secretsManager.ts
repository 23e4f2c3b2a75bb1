import { randomBytes, randomUUID } from 'node:crypto';
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  GetSecretValueRequest,
  ListSecretVersionIdsRequest,
  PutSecretValueRequest,
  RotateSecretRequest,
  RotationRulesType,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager';
import type { Principal } from './iam';
import {
  attach,
  description,
  forgetEmpty,
  labelsOf,
  named,
  rotationUnderWay,
  type Secret,
  type SecretValue,
  type Version,
} from './secret';
import { AwsError, jsonError, jsonOperation, jsonParameters, jsonReply, type Service } from './wire';

/** A rotation that has begun: whoever plays the service invokes the function for it. */
export interface StartedRotation {
  readonly arn: string;
  readonly version: string;
  /** RotateImmediately was false: only testSecret runs, and the version disappears afterwards. */
  readonly testOnly: boolean;
}

/** Texts that no source states; the error's name is documented in each case. */
const assumed = {
  writeOnce: "You can't modify an existing version, you can only create a new version.",
  notAttached: (label: string, version: string) =>
    `Staging label ${label} isn't currently attached to version ${version}.`,
  emptyCurrent: 'You can only attach the staging label AWSCURRENT to a version that has a value.',
};

/** Secrets Manager's secrets, versions and labels. Its methods are the API's actions, so that set-up and requests obey the same rules. */
export class SecretsManager {
  /** By ARN. */
  readonly secrets = new Map<string, Secret>();
  /** Called when a request has begun a rotation, to play it; unset, the rotation waits until somebody calls `rotate`. */
  onRotate?: (rotation: StartedRotation) => void;

  constructor(
    private readonly accountId: string,
    private readonly region: string,
    private readonly now: () => number,
  ) {}

  /** @param id full ARN, ARN without the six random characters at its end, or name. @throws AwsError `ResourceNotFoundException` */
  find(id: string | undefined): Secret {
    const secret = [...this.secrets.values()].find(
      ({ arn, name }) => id === arn || id === name || id === arn.slice(0, -7),
    );
    if (secret === undefined)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  }

  createSecret({ Name = '', ClientRequestToken, SecretString, SecretBinary }: CreateSecretRequest): Secret {
    if ([...this.secrets.values()].some(({ name }) => name === Name))
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${Name} already exists.`);
    const suffix = randomBytes(6).map((byte) => 97 + (byte % 26));
    const arn = `arn:aws:secretsmanager:${this.region}:${this.accountId}:secret:${Name}-${String(Buffer.from(suffix))}`;
    const secret: Secret = { arn, name: Name, versions: new Map(), labels: new Map() };
    this.secrets.set(arn, secret);
    if (SecretString !== undefined || SecretBinary !== undefined)
      this.putSecretValue({ SecretId: arn, ClientRequestToken, SecretString, SecretBinary });
    return secret;
  }

  /** Switches rotation on for set-up, without starting one as RotateSecret would. */
  configureRotation(
    id: string,
    lambdaArn = `arn:aws:lambda:${this.region}:${this.accountId}:function:rotation`,
    rules: RotationRulesType = { AutomaticallyAfterDays: 30 },
  ): void {
    this.find(id).rotation = { enabled: true, lambdaArn, rules, since: this.now() };
  }

  /** The stored value, for set-up and for looking at the outcome. @param label default AWSCURRENT */
  valueOf(id: string, label = 'AWSCURRENT'): string {
    const { value } = this.getSecretValue({ SecretId: id, VersionStage: label });
    return 'SecretString' in value ? value.SecretString : value.SecretBinary;
  }

  getSecretValue({ SecretId, VersionId, VersionStage }: GetSecretValueRequest): {
    secret: Secret;
    id: string;
    version: Version;
    value: SecretValue;
  } {
    const secret = this.#usable(SecretId);
    const label = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
    const id = VersionId ?? secret.labels.get(label ?? '');
    const version = secret.versions.get(id ?? '');
    if (id === undefined || version?.value === undefined)
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${
          VersionId === undefined ? `staging label: ${String(label)}` : `VersionId: ${VersionId}`
        }`,
      );
    if (label !== undefined && secret.labels.get(label) !== id)
      throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
    return { secret, id, version, value: version.value };
  }

  /**
   * A version is written once: the same token with the same value does nothing, with another value it fails.
   * A put with a token other than the pending one abandons the rotation under way: AWSPENDING is removed.
   */
  putSecretValue(input: PutSecretValueRequest): { secret: Secret; id: string } {
    const { SecretString, SecretBinary, VersionStages = ['AWSCURRENT'] } = input;
    const secret = this.#usable(input.SecretId);
    const id = checkedToken(input.ClientRequestToken);
    const value = SecretString === undefined ? { SecretBinary: String(SecretBinary) } : { SecretString };
    const existing = secret.versions.get(id);
    if (existing?.value !== undefined) {
      if (JSON.stringify(existing.value) !== JSON.stringify(value))
        throw new AwsError('ResourceExistsException', assumed.writeOnce);
      return { secret, id };
    }
    if (rotationUnderWay(secret) && secret.labels.get('AWSPENDING') !== id) secret.labels.delete('AWSPENDING');
    secret.versions.set(id, { value, createdAt: existing?.createdAt ?? this.now() });
    for (const label of VersionStages) attach(secret, label, id);
    return { secret, id };
  }

  /** Moves or removes one label, if it is where the caller believes it to be. */
  updateSecretVersionStage(input: UpdateSecretVersionStageRequest): Secret {
    const { VersionStage: label = '', MoveToVersionId: to, RemoveFromVersionId: from } = input;
    const secret = this.#usable(input.SecretId);
    const holder = secret.labels.get(label);
    for (const id of [to, from])
      if (id !== undefined && !secret.versions.has(id)) throw invalidParameter(`Not a valid version: ${id}`);
    if (from !== undefined && from !== holder) throw invalidParameter(assumed.notAttached(label, from));
    if (to === undefined) {
      if (from === undefined) throw invalidParameter('Either MoveToVersionId or RemoveFromVersionId must be given.');
      if (label === 'AWSCURRENT')
        throw invalidParameter(
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        );
      secret.labels.delete(label);
    } else {
      if (holder !== undefined && holder !== to && from === undefined)
        throw invalidParameter(
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      if (label === 'AWSCURRENT' && secret.versions.get(to)?.value === undefined)
        throw invalidRequest(assumed.emptyCurrent);
      attach(secret, label, to);
    }
    forgetEmpty(secret);
    return secret;
  }

  /** Stages AWSPENDING on a version without a value; for a test-only call on one with the current value, which `endTest` takes away. */
  stage(input: RotateSecretRequest): StartedRotation {
    const secret = this.#usable(input.SecretId);
    const version = checkedToken(input.ClientRequestToken);
    const testOnly = input.RotateImmediately === false;
    const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
    if (lambdaArn === undefined)
      throw invalidRequest('No Lambda rotation function ARN is associated with this secret.');
    if (rotationUnderWay(secret))
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    const { rules, since = this.now() } = secret.rotation ?? {};
    secret.rotation = {
      ...{ enabled: true, lambdaArn, rules: input.RotationRules ?? rules },
      since: input.RotationRules === undefined ? since : this.now(),
    };
    const current = secret.versions.get(secret.labels.get('AWSCURRENT') ?? '')?.value;
    const value = testOnly && current !== undefined ? { value: current } : {};
    secret.versions.set(version, { ...value, createdAt: this.now() });
    attach(secret, 'AWSPENDING', version);
    return { arn: secret.arn, version, testOnly };
  }

  /** RotateSecret as a request: answers at once. Nobody invokes the function here but `onRotate`; `rotation.ts` plays that part. */
  rotateSecret(input: RotateSecretRequest): StartedRotation {
    const secret = this.find(input.SecretId);
    const previous = secret.labels.get('AWSPENDING');
    if (rotationUnderWay(secret) && previous !== undefined)
      this.onRotate?.({ arn: secret.arn, version: previous, testOnly: false }); // refused, but "will be reattempted"
    const started = this.stage(input);
    if (started.testOnly) this.endTest(started);
    else this.onRotate?.(started);
    return started;
  }

  /** Notes the success of a rotation, as the service does after finishSecret. */
  rotated(id: string): void {
    this.find(id).lastRotatedAt = this.now();
  }

  /** Takes away the version that a test-only call was given. */
  endTest({ arn, version }: StartedRotation): void {
    const { labels, versions } = this.find(arn);
    if (labels.get('AWSPENDING') === version) labels.delete('AWSPENDING');
    if (![...labels.values()].includes(version)) versions.delete(version);
  }

  /** Turns rotation off and leaves every label where it is. */
  cancelRotateSecret({ SecretId }: { SecretId: string | undefined }): Secret {
    const secret = this.#usable(SecretId);
    if (secret.rotation !== undefined) secret.rotation.enabled = false;
    return secret;
  }

  deleteSecret({ SecretId, RecoveryWindowInDays = 30, ForceDeleteWithoutRecovery }: DeleteSecretRequest): Secret {
    const secret = this.#usable(SecretId);
    if (ForceDeleteWithoutRecovery === true) this.secrets.delete(secret.arn);
    else if (RecoveryWindowInDays < 7 || RecoveryWindowInDays > 30)
      throw invalidParameter('RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    secret.deletedAt = this.now() + RecoveryWindowInDays * 24 * 3600_000;
    return secret;
  }

  restoreSecret({ SecretId }: { SecretId: string | undefined }): Secret {
    const secret = this.find(SecretId);
    delete secret.deletedAt;
    return secret;
  }

  #usable(id: string | undefined): Secret {
    const secret = this.find(id);
    if (secret.deletedAt !== undefined)
      throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
    return secret;
  }

  readonly #actions: Partial<Record<string, (input: never) => object>> = {
    CreateSecret: (input: CreateSecretRequest) => {
      const secret = this.createSecret(input);
      return { ...named(secret), VersionId: secret.labels.get('AWSCURRENT') };
    },
    DescribeSecret: ({ SecretId }: { SecretId: string }) => description(this.find(SecretId)),
    GetSecretValue: (input: GetSecretValueRequest) => {
      const { secret, id, version, value } = this.getSecretValue(input);
      const VersionStages = labelsOf(secret, id);
      return { ...named(secret), VersionId: id, ...value, VersionStages, CreatedDate: version.createdAt / 1000 };
    },
    PutSecretValue: (input: PutSecretValueRequest) => {
      const { secret, id } = this.putSecretValue(input);
      return { ...named(secret), VersionId: id, VersionStages: labelsOf(secret, id) };
    },
    UpdateSecretVersionStage: (input: UpdateSecretVersionStageRequest) => named(this.updateSecretVersionStage(input)),
    RotateSecret: (input: RotateSecretRequest) => {
      const { arn, version } = this.rotateSecret(input);
      return { ...named(this.find(arn)), VersionId: version };
    },
    CancelRotateSecret: (input: { SecretId: string }) => named(this.cancelRotateSecret(input)),
    DeleteSecret: (input: DeleteSecretRequest) => {
      const secret = this.deleteSecret(input);
      return { ...named(secret), DeletionDate: (secret.deletedAt ?? 0) / 1000 };
    },
    RestoreSecret: (input: { SecretId: string }) => named(this.restoreSecret(input)),
    ListSecretVersionIds: ({ SecretId, IncludeDeprecated = false }: ListSecretVersionIdsRequest) => {
      const secret = this.find(SecretId);
      const Versions = [...secret.versions].map(([VersionId, { createdAt }]) => ({
        VersionId,
        VersionStages: labelsOf(secret, VersionId),
        CreatedDate: createdAt / 1000,
      }));
      return { ...named(secret), Versions: Versions.filter((v) => IncludeDeprecated || v.VersionStages.length > 0) };
    },
  };

  readonly service: Service<Principal> = {
    operation: (request) => {
      const operation = jsonOperation('secretsmanager', 'SecretId', request);
      return operation.action === 'CreateSecret' ? jsonOperation('secretsmanager', 'Name', request) : operation;
    },
    run: ({ action }, request) => {
      const act = this.#actions[action];
      if (act === undefined) throw new AwsError('UnknownOperationException', `The stand-in has no ${action}.`);
      return jsonReply(200, act(jsonParameters(request) as never));
    },
    refuse: jsonError,
  };
}

const invalidRequest = (message: string): AwsError => new AwsError('InvalidRequestException', message);
const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);

/** The SDKs make a token up; the service itself insists on one of 32 to 64 characters. Set-up without one gets a random one. */
function checkedToken(token = randomUUID() as string): string {
  if (token.length < 32 || token.length > 64)
    throw invalidParameter('ClientRequestToken must be 32-64 characters long.');
  return token;
}
