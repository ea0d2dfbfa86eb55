import { HttpPool } from '../clients/http-pool.ts';
import { signToken } from '../clients/token.ts';
import type { Tally } from './tally.ts';

export interface WireAnswer {
  /** 0: there was none. */
  readonly status: number;
  readonly body: unknown;
}

const answerMs = 30_000;

const read = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const nothing = { status: 0, body: undefined };

/** The app's HTTP interface as many users call it; each call is counted. */
export class Wire {
  readonly #pool: HttpPool;
  readonly #signingKey: string;
  readonly #tally: Tally;
  readonly #headers = new Map<string, Readonly<Record<string, string>>>();

  /** @param sockets connections to the app at most */
  constructor(url: string, signingKey: string, tally: Tally, sockets: number) {
    this.#pool = new HttpPool(url, sockets);
    this.#signingKey = signingKey;
    this.#tally = tally;
  }

  /**
   * One call, without another try.
   * @param since from when its time counts: when it was due, not when the generator came to it
   */
  async call(
    kind: string,
    userId: string,
    method: string,
    path: string,
    body?: object,
    since = performance.now(),
  ): Promise<WireAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), answerMs);
    const first = await this.#pool
      .request(method, `/api${path}`, this.#headersOf(userId), text, patience.signal)
      .catch(() => (patience.signal.aborted ? 'timeout' : 'no answer'));
    clearTimeout(timer);
    this.#tally.took(kind, performance.now() - since);
    this.#tally.answered(kind, typeof first === 'string' ? first : `${first.status}`);
    if (typeof first === 'string') return nothing;
    return { status: first.status, body: read(first.body) };
  }

  /** Notes how long something took that is more than one call. */
  took(kind: string, ms: number): void {
    this.#tally.took(kind, ms);
  }

  close(): void {
    this.#pool.close();
  }

  #headersOf(userId: string): Readonly<Record<string, string>> {
    let headers = this.#headers.get(userId);
    if (headers === undefined) {
      const token = signToken(userId, this.#signingKey);
      headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      this.#headers.set(userId, headers);
    }
    return headers;
  }
}
