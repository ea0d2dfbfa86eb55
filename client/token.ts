/** A token, or what gets one: it is asked for a new one when the last has ended or was refused. */
export type TokenSource = string | (() => string | Promise<string>);

/** A token so close to its end is not used any more. */
const marginMs = 30_000;

interface Claims {
  sub?: string;
  iat?: number;
  exp?: number;
}

/** What a token says, unchecked: the service checks it. Nothing, of what is no JWT. @internal */
export const claimsOf = (token: string): Claims => {
  try {
    const [, body = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch {
    return {};
  }
};

/** Keeps a token as long as it is good. @internal */
export class TokenKeeper {
  readonly #source: TokenSource;
  readonly #now: () => number;
  #token: string | undefined;
  #askedAt = 0;
  #asking: Promise<string> | undefined;

  constructor(source: TokenSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Whether there is another to be had when one is refused. */
  get isRenewable(): boolean {
    return typeof this.#source === 'function';
  }

  async get(): Promise<string> {
    if (typeof this.#source === 'string') return this.#source;
    const token = this.#token;
    if (token !== undefined && this.#isGood(token)) return token;
    // Many ask at once, one fetches.
    this.#asking ??= this.#ask(this.#source).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Forgets a token that was refused. */
  refuse(token: string): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #ask(source: () => string | Promise<string>): Promise<string> {
    this.#askedAt = this.#now();
    return (this.#token = await source());
  }

  #isGood(token: string): boolean {
    const { iat, exp } = claimsOf(token);
    if (exp === undefined) return true;
    // By how long it is good, not until when: this clock may be wrong. One that was not new is refused, and replaced, once.
    const end = iat === undefined ? exp * 1000 : this.#askedAt + (exp - iat) * 1000;
    return this.#now() < end - marginMs;
  }
}
