import { SqlSyntaxError, tokenize } from './sql-lexer.ts';
import type { Token } from './sql-lexer.ts';

/** Walks over the tokens of a text. Keywords match without regard to case. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Takes the next token if it is this keyword or symbol. */
  take(word: string): boolean {
    if (!this.#is(this.#tokens[this.#at], word)) return false;
    this.#at++;
    return true;
  }

  /** Takes one of these if the next token is one. */
  takeAny<W extends string>(words: readonly W[]): W | undefined {
    return words.find((word) => this.take(word));
  }

  /** @throws SqlSyntaxError if the next token is another */
  expect(word: string): void {
    if (!this.take(word)) throw this.unexpected(`'${word}'`);
  }

  /** Whether the token after the next one is this. */
  followedBy(word: string): boolean {
    return this.#is(this.#tokens[this.#at + 1], word);
  }

  /** Takes the next token if it is a number or a string. */
  takeLiteral(): number | string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'number' && token?.kind !== 'string') return undefined;
    this.#at++;
    return token.value;
  }

  next(expected: string): Token {
    const token = this.#tokens[this.#at];
    if (!token) throw this.unexpected(expected);
    this.#at++;
    return token;
  }

  unexpected(expected: string): SqlSyntaxError {
    const token = this.#tokens[this.#at];
    const found = token ? `'${token.value}'` : 'the end';
    return new SqlSyntaxError(`Expected ${expected}, but found ${found}.`);
  }

  #is(token: Token | undefined, word: string): boolean {
    if (token?.kind === 'symbol') return token.value === word;
    return token?.kind === 'name' && !token.quoted && token.value.toUpperCase() === word;
  }
}
