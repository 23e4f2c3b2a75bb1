import { inspect } from 'node:util';

const hidden = '[credentials]';

/**
 * A text that must not be seen: the value of a secret, a password, or the JSON given to `SET CREDENTIALS`. It prints as
 * `[credentials]` everywhere; `reveal()` is the only way out, so grep for it.
 */
export class Credentials {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
  /** Whether both hide the same text. */
  equals(other: Credentials): boolean {
    return this.#text === other.#text;
  }
  toString(): string {
    return hidden;
  }
  toJSON(): string {
    return hidden;
  }
  [inspect.custom](): string {
    return hidden;
  }
}
