import type { HttpAnswer, HttpCaller } from './http-call.ts';

const CHECK_TIMEOUT_MS = 10_000;

/** The event handler has been asked and does not want events from here. */
export class OriginRefused extends Error {}

const assertAllowed = (answer: HttpAnswer, url: string, origin: string): void => {
  const allowed = (answer.header('webhook-allowed-origin') ?? '').split(',').map((item) => item.trim());
  const isAllowed = allowed.some((item) => item === '*' || item.toLowerCase() === origin.toLowerCase());
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (isSuccess && isAllowed) return;
  if (answer.status >= 500) throw new Error(`${url} answered the abuse check with ${answer.status}.`);
  throw new OriginRefused(
    `${url} answered the abuse check with ${answer.status} and WebHook-Allowed-Origin ` +
      `"${allowed.join(', ')}", which does not allow "${origin}".`,
  );
};

/**
 * Asks an event handler's URL, before its first event, whether it wants events from this service
 * (CloudEvents HTTP webhook §4). Only a consent is remembered, so a handler may come up later than the service.
 */
export class AbuseCheck {
  readonly #caller: HttpCaller;
  readonly #origin: string;
  readonly #checks = new Map<string, Promise<void>>();

  /** @param origin - host name and port under which this service is known */
  constructor(caller: HttpCaller, origin: string) {
    this.#caller = caller;
    this.#origin = origin;
  }

  /** @throws OriginRefused when the handler declines, Error when it could not be asked */
  pass(url: string): Promise<void> {
    const known = this.#checks.get(url);
    if (known) return known;
    const check = this.#ask(url);
    this.#checks.set(url, check);
    check.catch(() => this.#checks.delete(url));
    return check;
  }

  async #ask(url: string): Promise<void> {
    const answer = await this.#request('OPTIONS', url);
    // Azure asks once more with GET where OPTIONS is not routed.
    assertAllowed(answer.status === 404 ? await this.#request('GET', url) : answer, url, this.#origin);
  }

  #request(method: 'OPTIONS' | 'GET', url: string): Promise<HttpAnswer> {
    return this.#caller.call({
      method,
      url,
      // Microsoft's express middleware ignores requests without ce-awpsversion.
      headers: { 'WebHook-Request-Origin': this.#origin, 'ce-awpsversion': '1.0' },
      timeoutMs: CHECK_TIMEOUT_MS,
    });
  }
}
