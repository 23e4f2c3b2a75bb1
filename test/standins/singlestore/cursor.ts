import { SyntaxFault } from './tokenizer';
import type { Token } from './tokenizer';
import type { Ref } from './statement';

/** Reads a statement's tokens from left to right. `take…` answers whether it was there; `expect…` throws if not. */
export class Cursor {
  #at = 0;

  constructor(
    readonly sql: string,
    private readonly tokens: readonly Token[],
  ) {}

  get token(): Token {
    return this.tokens[this.#at]!;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  fail(): never {
    throw new SyntaxFault(this.token.start);
  }

  /** Takes these keywords if all of them follow, in any case of letters. */
  take(...words: readonly string[]): boolean {
    for (const [i, word] of words.entries()) {
      const token = this.tokens[this.#at + i];
      if (token?.kind !== 'word' || token.text.toUpperCase() !== word) return false;
    }
    this.#at += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.take(word)) this.fail();
  }

  takeSymbol(symbol: string): boolean {
    if (this.token.kind !== 'symbol' || this.token.text !== symbol) return false;
    this.#at++;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail();
  }

  /** One of these keywords, in upper case. */
  oneOf(words: readonly string[]): string {
    return words.find((word) => this.take(word)) ?? this.fail();
  }

  string(): string {
    return this.token.kind === 'string' ? this.next().text : this.fail();
  }

  number(): number {
    return this.token.kind === 'number' ? Number(this.next().text) : this.fail();
  }

  identifier(): string {
    return this.token.kind === 'name' || this.token.kind === 'word' ? this.next().text : this.fail();
  }

  /** `name` or `database.name`. */
  ref(): Ref {
    const first = this.identifier();
    return this.takeSymbol('.') ? { database: first, name: this.identifier() } : { database: undefined, name: first };
  }

  /** `'user'@'host'`, of which only the name counts. */
  user(): string {
    const name = this.token.kind === 'string' ? this.string() : this.identifier();
    if (this.takeSymbol('@')) {
      if (this.token.kind === 'string') this.string();
      else this.identifier();
    }
    return name;
  }

  /** Takes everything up to the end or a semicolon. */
  skip(): void {
    while (this.token.kind !== 'end' && !(this.token.kind === 'symbol' && this.token.text === ';')) this.next();
  }

  /** The end of the statement; one trailing semicolon is allowed, a second statement is not. */
  end(): void {
    this.takeSymbol(';');
    if (this.token.kind !== 'end') this.fail();
  }
}
