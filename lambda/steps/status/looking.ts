import { asRotationError } from '../../core/errors';

/** What could not be looked at. */
export interface Unseen {
  readonly what: string;
  /** With its error code, and without the version or the kind of item that `what` names. */
  readonly why: string;
}

/** Looks at one thing of many; what cannot be looked at is said, and the others are looked at all the same. */
export class Looking {
  readonly #unseen: Unseen[] = [];

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
    this.#unseen.push({ what, why: why.replace(/, version [^\s,]+,|(?<=Query) of all \w+/, '') });
  }

  get unseen(): readonly Unseen[] {
    return this.#unseen;
  }
}

/** So many things are named together; more are counted. */
const mostNamed = 8;

/** Sentences with error codes: what could not be looked at for the same reason stands in one. */
export function toldUnseen(unseen: readonly Unseen[]): readonly string[] {
  const reasons = [...new Set(unseen.map(({ why }) => why))];
  return reasons.map((why) => {
    const all = [...new Set(unseen.flatMap((one) => (one.why === why ? [one.what] : [])))];
    const more = all.length - mostNamed;
    return `${all.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${why}`;
  });
}
