import { randomBytes } from 'node:crypto';
import { AwsError, queryService, type Operation, type Service, type Xml } from './wire';

/** AWS's quota: access keys of one user, Inactive ones included. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const keysPerUser = 2;

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName: string;
  /** Epoch ms. `CreateDate` on the wire is in whole seconds. */
  readonly createdAt: number;
  status: 'Active' | 'Inactive';
  /** From the last request that was signed with it, whether allowed or denied. */
  lastUsed?: { readonly at: number; readonly service: string; readonly region: string };
}

/** What a user's policy is asked. `bucket` is absent for services other than S3. */
export interface Access {
  readonly permission: string;
  readonly bucket: string | undefined;
  readonly prefix: string;
}

export interface User {
  readonly userName: string;
  readonly keys: AccessKey[];
  /** Replace it to change the user's policy. */
  policy: (access: Access) => boolean;
}

/** Whoever signed a request: the function's role, an administrator who may do everything, or an IAM user by one of its keys. */
export type Principal =
  | { readonly type: 'role' | 'administrator'; readonly arn: string; readonly id: string }
  | { readonly type: 'user'; readonly arn: string; readonly id: string; readonly user: User; readonly key: AccessKey };

/** IAM's users and keys, and the decision who may do what in every service. Readable state; its methods are the API's actions. */
export class Iam {
  readonly users = new Map<string, User>();
  /** The function's own credentials. */
  readonly role = newKey();
  /** For whoever looks in from outside. */
  readonly administrator = newKey();
  /** IAM actions that the role may not do, for example `iam:CreateAccessKey`, whatever its policy says. */
  readonly deniedToRole = new Set<string>();
  /** Replace it to change the role's policy. */
  rolePolicy: (operation: Operation) => boolean | Promise<boolean> = () => true;
  readonly #deniedOnBucket = new Set<string>();

  /**
   * @param propagationMs how long a new key stays unknown everywhere, in ms by `now`; 0 or more. May be changed at any time.
   */
  constructor(
    private readonly accountId: string,
    private readonly now: () => number,
    public propagationMs: number,
  ) {}

  /** @param policy what the user may do; default everything in S3, which is all a user of an ingest link needs. */
  createUser(userName: string, policy = ({ bucket }: Access): boolean => bucket !== undefined): User {
    if (this.users.has(userName))
      throw new AwsError('EntityAlreadyExists', `User with name ${userName} already exists.`, 409);
    const user: User = { userName, keys: [], policy };
    this.users.set(userName, user);
    return user;
  }

  /** From now on this one key is denied on `bucket`, whatever the user's policy says. */
  denyOnBucket(accessKeyId: string, bucket: string): void {
    this.#deniedOnBucket.add(`${accessKeyId} ${bucket}`);
  }

  createAccessKey(userName: string): AccessKey {
    const user = this.#user(userName);
    if (user.keys.length >= keysPerUser)
      throw new AwsError('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${keysPerUser}`, 409);
    const key: AccessKey = { ...newKey(), userName, createdAt: this.now(), status: 'Active' };
    user.keys.push(key);
    return key;
  }

  updateAccessKey(userName: string, accessKeyId: string, status: AccessKey['status']): void {
    this.#keyOf(userName, accessKeyId).status = status;
  }

  deleteAccessKey(userName: string, accessKeyId: string): void {
    const { keys } = this.#user(userName);
    keys.splice(keys.indexOf(this.#keyOf(userName, accessKeyId)), 1);
  }

  /** @returns undefined for a deleted or never created key. */
  findKey(accessKeyId: string): AccessKey | undefined {
    return [...this.users.values()].flatMap(({ keys }) => keys).find((key) => key.accessKeyId === accessKeyId);
  }

  /**
   * Whose key it is, with the secret to check the signature against.
   *
   * @throws AwsError `InvalidClientTokenId`: unknown, deleted, Inactive, or created less than `propagationMs` ago. AWS does not tell these apart.
   */
  identify(accessKeyId: string): { principal: Principal; secretAccessKey: string } {
    if (accessKeyId === this.role.accessKeyId) {
      const arn = `arn:aws:sts::${this.accountId}:assumed-role/rotation/function`;
      return { principal: { type: 'role', arn, id: 'AROAROTATION:function' }, ...this.role };
    }
    if (accessKeyId === this.administrator.accessKeyId) {
      const arn = `arn:aws:sts::${this.accountId}:assumed-role/administrator/somebody`;
      return { principal: { type: 'administrator', arn, id: 'AROAADMINISTRATOR:somebody' }, ...this.administrator };
    }
    const key = this.findKey(accessKeyId);
    if (key?.status !== 'Active' || this.now() < key.createdAt + this.propagationMs)
      throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
    const arn = `arn:aws:iam::${this.accountId}:user/${key.userName}`;
    const user = this.#user(key.userName);
    return { principal: { type: 'user', arn, id: `AIDA${key.userName.toUpperCase()}`, user, key }, ...key };
  }

  /** @throws AwsError `AccessDenied`. `GetCallerIdentity` needs no permission and cannot be denied. */
  async authorize(principal: Principal, operation: Operation): Promise<void> {
    const { permission, resource, prefix = '' } = operation;
    if (permission === 'sts:GetCallerIdentity' || principal.type === 'administrator') return;
    const bucket = permission.startsWith('s3:') ? resource : undefined;
    const allowed =
      principal.type === 'user'
        ? !this.#deniedOnBucket.has(`${principal.key.accessKeyId} ${String(bucket)}`) &&
          principal.user.policy({ permission, bucket, prefix })
        : !this.deniedToRole.has(permission) && (await this.rolePolicy(operation));
    if (!allowed)
      throw new AwsError('AccessDenied', `User: ${principal.arn} is not authorized to perform: ${permission}`, 403);
  }

  #user(userName: string): User {
    const user = this.users.get(userName);
    if (user === undefined) throw new AwsError('NoSuchEntity', `The user with name ${userName} cannot be found.`, 404);
    return user;
  }

  #keyOf(userName: string, accessKeyId: string): AccessKey {
    const key = this.#user(userName).keys.find((one) => one.accessKeyId === accessKeyId);
    if (key === undefined)
      throw new AwsError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`, 404);
    return key;
  }

  readonly service: Service<Principal> = queryService('iam', 'https://iam.amazonaws.com/doc/2010-05-08/', {
    CreateAccessKey: (given) => {
      const key = this.createAccessKey(required(given, 'UserName'));
      return { AccessKey: { ...metadata(key), SecretAccessKey: key.secretAccessKey } };
    },
    ListAccessKeys: (given) => ({
      UserName: required(given, 'UserName'),
      AccessKeyMetadata: { member: this.#user(required(given, 'UserName')).keys.map(metadata) },
      IsTruncated: 'false',
    }),
    UpdateAccessKey: (given) => {
      const status = required(given, 'Status');
      if (status !== 'Active' && status !== 'Inactive') throw new AwsError('ValidationError', `Status: ${status}`);
      this.updateAccessKey(required(given, 'UserName'), required(given, 'AccessKeyId'), status);
      return {};
    },
    DeleteAccessKey: (given) => {
      this.deleteAccessKey(required(given, 'UserName'), required(given, 'AccessKeyId'));
      return {};
    },
    GetAccessKeyLastUsed: (given) => this.#lastUsed(required(given, 'AccessKeyId')),
  });

  #lastUsed(accessKeyId: string): Xml {
    const key = this.findKey(accessKeyId);
    // The API's model lists no error for an unknown key; that it is this one is an assumption.
    if (key === undefined)
      throw new AwsError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`, 404);
    const { lastUsed } = key;
    return {
      UserName: key.userName,
      AccessKeyLastUsed: {
        LastUsedDate: lastUsed && wholeSeconds(lastUsed.at),
        ServiceName: lastUsed?.service ?? 'N/A',
        Region: lastUsed?.region ?? 'N/A',
      },
    };
  }
}

/** With a role's credentials IAM has no user to fall back on: the name must be given. */
function required(given: URLSearchParams, name: string): string {
  const value = given.get(name);
  if (value === null || value === '') throw new AwsError('ValidationError', `The parameter ${name} is missing.`);
  return value;
}

const metadata = (key: AccessKey): Xml => ({
  UserName: key.userName,
  AccessKeyId: key.accessKeyId,
  Status: key.status,
  CreateDate: wholeSeconds(key.createdAt),
});

const wholeSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

const newKey = (): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: `AKIA${[...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});
