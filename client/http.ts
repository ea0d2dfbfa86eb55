import { backoffMs } from './backoff.ts';
import { type Environment, sleep } from './environment.ts';
import { asParleyError, ParleyError, type ParleyErrorCode } from './errors.ts';
import type { TokenKeeper } from './token.ts';

/** What goes with a request. @internal */
export interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number | boolean | undefined>;
  /** Makes a change one change however often it is asked for, so that it is tried again. */
  idempotencyKey?: string;
  signal?: AbortSignal | undefined;
  /** Try once only. */
  isOnce?: boolean;
}

/** @internal */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How long one answer may take. */
const answerMs = 30_000;
/** For how long a request is tried again. */
const patienceMs = 60_000;

const codeOf = (status: number): ParleyErrorCode => {
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'not-found';
  if (status === 413) return 'request-too-large';
  if (status === 429) return 'rate-limited';
  if (status === 408 || status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal-error' : 'malformed-request';
};

interface Problem {
  code?: ParleyErrorCode;
  detail?: string;
  title?: string;
  traceId?: string;
  errors?: { pointer: string; detail: string }[];
}

const retryAfterOf = (response: Response, now: number): number | undefined => {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
};

/** Where a service is, however its address is written. @internal */
export const rootOf = (baseUrl: string): string => baseUrl.replace(/\/+$/, '').replace(/\/api$/, '');

/** Calls the service. @internal */
export class Http {
  readonly #baseUrl: string;
  readonly #environment: Environment;
  readonly #token: TokenKeeper | undefined;
  readonly #closed = new AbortController();

  constructor(baseUrl: string, environment: Environment, token?: TokenKeeper) {
    this.#baseUrl = `${rootOf(baseUrl)}/api`;
    this.#environment = environment;
    this.#token = token;
  }

  /** Ends what is under way; nothing is asked any more. */
  close(): void {
    this.#closed.abort();
  }

  /**
   * Asks, and asks again what may be repeated, as long as there is hope.
   * @throws ParleyError
   */
  async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    const { idempotencyKey, signal, isOnce = method === 'POST' && idempotencyKey === undefined } = options;
    const end = this.#environment.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#authorised<T>(method, path, options);
      } catch (thrown) {
        const error = asParleyError(thrown);
        if (!error.isTransient || isOnce) throw error;
        const ms = backoffMs(attempt, this.#environment.random, error.retryAfterMs);
        if (this.#environment.now() + ms > end) throw error;
        await this.pause(ms, signal);
      }
    }
  }

  /** Waits. @throws ParleyError `closed` as soon as it is, `aborted` */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const closed = this.#closed.signal;
    const either = signal ? AbortSignal.any([signal, closed]) : closed;
    await sleep(this.#environment, ms, either).catch((error: unknown) => {
      this.#assertOpen();
      throw error;
    });
  }

  #assertOpen(): void {
    if (this.#closed.signal.aborted) throw new ParleyError('closed', 'The client was closed.');
  }

  /** With a new token, once, where the last is refused. */
  async #authorised<T>(method: Method, path: string, options: RequestOptions): Promise<T> {
    this.#assertOpen();
    const token = await this.#token?.get();
    try {
      return await this.#ask<T>(method, path, options, token);
    } catch (error) {
      const isRefused = error instanceof ParleyError && error.status === 401;
      if (!isRefused || token === undefined || this.#token?.isRenewable !== true) throw error;
      this.#token.refuse(token);
      return this.#ask<T>(method, path, options, await this.#token.get());
    }
  }

  async #ask<T>(
    method: Method,
    path: string,
    { body, query, idempotencyKey, signal }: RequestOptions,
    token: string | undefined,
  ): Promise<T> {
    const late = new AbortController();
    const cancel = this.#environment.after(answerMs, () => late.abort());
    const signals = [late.signal, this.#closed.signal, ...(signal ? [signal] : [])];
    try {
      const response = await this.#environment.fetch(this.#baseUrl + path + queryOf(query), {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any(signals),
      });
      const text = await response.text();
      if (!response.ok) throw this.#refusal(response, text);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof ParleyError) throw error;
      if (this.#closed.signal.aborted)
        throw new ParleyError('closed', 'The client was closed.', { cause: error });
      if (signal?.aborted === true) throw new ParleyError('aborted', 'It was aborted.', { cause: error });
      throw new ParleyError('network', `${method} ${path} was not answered.`, { cause: error });
    } finally {
      cancel();
    }
  }

  #refusal(response: Response, text: string): ParleyError {
    const { status } = response;
    let problem: Problem = {};
    try {
      problem = JSON.parse(text) as Problem;
    } catch {
      // something between us and the service answered
    }
    return new ParleyError(
      problem.code ?? codeOf(status),
      problem.detail ?? problem.title ?? `Status ${status}.`,
      {
        status,
        traceId: problem.traceId,
        errors: problem.errors,
        retryAfterMs: retryAfterOf(response, this.#environment.now()),
      },
    );
  }
}

const queryOf = (query: RequestOptions['query'] = {}): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
};

/** A path whose parts are escaped: `path\`/users/${userId}\``. @internal */
export const path = (strings: TemplateStringsArray, ...parts: string[]): string =>
  strings.reduce((all, next, index) => all + encodeURIComponent(parts[index - 1] ?? '') + next);
