import { asRotationError } from '../../core/errors';

/** Looks at one thing of many; what cannot be looked at is said, and the others are looked at all the same. */
export class Looking {
  readonly #unseen = new Set<string>();

  /** @returns `otherwise` when `look` fails */
  async at<T>(what: string, otherwise: T, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (thrown) {
      this.missed(what, asRotationError(thrown).message);
      return otherwise;
    }
  }

  /** It could not be looked at. */
  missed(what: string, why: string): void {
    this.#unseen.add(`${what}: ${why}`);
  }

  /** Sentences with error codes. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }
}
