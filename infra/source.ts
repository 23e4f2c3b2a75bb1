import type { IUser } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** Who makes the next credentials. */
export class RotationSource {
  /**
   * Access keys of an IAM user, made and retired by the rotation. Old and new key are valid side by side.
   *
   * @param user used by the links and by nothing else: both its key slots belong to the rotation. One with a path is known by
   *   its ARN only: User.fromUserArn
   */
  static iamUser(user: IUser): RotationSource {
    return new RotationSource({ type: 'iam-user', userName: user.userName }, user);
  }

  /**
   * The current value of another secret, for credentials that somebody else makes: a person, a managed rotation, another
   * function. A change of it starts a rotation: at once, by the event that Secrets Manager sends, and within five minutes anyway. That
   * holds for the first deployment, too: a value other than the one in the rotated secret is taken over within five minutes, with a
   * pause, whatever `rotateImmediatelyOnUpdate` says; the same value starts nothing.
   *
   * @param secret its complete ARN must be known. One of another account sends no event here, so its change is found within five minutes, and
   *   its policy and its key's must admit the function's role, which a warning at synth says
   * @param options `overlap`: the old value stays valid beside the new one, so there is something to go back to. Default false
   */
  static mirror(secret: ISecret, { overlap = false }: { readonly overlap?: boolean } = {}): RotationSource {
    const secretId = secret.secretFullArn ?? secret.secretArn;
    return new RotationSource({ type: 'mirror', secretId, overlap }, undefined, secret);
  }

  private constructor(
    /** As it stands in `ROTATIONS`. */
    readonly definition: { readonly type: 'iam-user' | 'mirror' } & Readonly<Record<string, unknown>>,
    readonly user?: IUser,
    readonly mirrored?: ISecret,
  ) {}
}
