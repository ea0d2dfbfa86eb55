import { lookup as resolve } from 'node:dns';
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { CallOutcome, WebhookCall, WebhookEndpoint } from '../../ports/webhook-endpoint.ts';
import { addressIn, isLoopback, isPublic } from './public-address.ts';

export interface HttpWebhookEndpointOptions {
  /** Lets calls go to private addresses, and by http to this machine. */
  allowsPrivate: boolean;
  /** For a whole call, in ms. */
  timeoutMs?: number;
  /** Resolves names, for tests. */
  lookup?: typeof resolve;
}

const notPublic = 'leads to an address that is not public';

/** As the user sees it: a code tells more than the text, which may name inner addresses. */
const detailOf = (error: Error & { code?: string }): string => {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'There was no answer in time.';
  if (error.code === 'NOT_PUBLIC') return `The URL ${notPublic}.`;
  return `The call failed: ${error.code ?? error.name}.`;
};

const unanswered = (detail: string): CallOutcome => ({
  isDelivered: false,
  detail,
  status: undefined,
  retryAfterSeconds: undefined,
});

const retryAfterOf = ({ headers }: IncomingMessage): number | undefined => {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
};

/**
 * Calls over HTTP/1.1 to public addresses only (SSRF): the address is checked where the connection is made, so a name
 * that resolves to another one the next time gains nothing by it. Redirects are not followed. A connection is kept for
 * the next call.
 */
export class HttpWebhookEndpoint implements WebhookEndpoint {
  readonly #options: HttpWebhookEndpointOptions;
  readonly #timeoutMs: number;
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: 32 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxFreeSockets: 32 });

  constructor(options: HttpWebhookEndpointOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
  }

  refusalOf(text: string): string | undefined {
    const url = URL.parse(text);
    if (!url || !['https:', 'http:'].includes(url.protocol)) return 'must be an https URL';
    if (url.username !== '' || url.password !== '')
      return 'must not have a user name or a password: calls are signed';
    if (url.hash !== '') return 'must not have a fragment';
    if (url.protocol === 'http:' && !(this.#options.allowsPrivate && isLoopback(url.hostname)))
      return 'must be an https URL';
    const address = addressIn(url.hostname);
    const isRefused = address === undefined ? isLoopback(url.hostname) : !isPublic(address);
    return isRefused && !this.#options.allowsPrivate ? `must not lead to a private address` : undefined;
  }

  async call(call: WebhookCall): Promise<CallOutcome> {
    const refusal = this.refusalOf(call.url);
    if (refusal !== undefined) return unanswered(`The URL ${refusal}.`);
    try {
      return await this.#try(call, AbortSignal.timeout(this.#timeoutMs));
    } catch (error) {
      return unanswered(detailOf(error as Error));
    }
  }

  async #try(call: WebhookCall, signal: AbortSignal): Promise<CallOutcome> {
    const { sent, answer } = this.#send(call, signal);
    try {
      return await answer;
    } catch (error) {
      // The server closed a kept connection just when it was used again: https://nodejs.org/api/http.html#requestreusedsocket
      if (sent.reusedSocket && (error as { code?: string }).code === 'ECONNRESET')
        return this.#send(call, signal).answer;
      throw error;
    }
  }

  #send(
    { url, headers, body }: WebhookCall,
    signal: AbortSignal,
  ): { sent: ClientRequest; answer: Promise<CallOutcome> } {
    const isHttps = url.toLowerCase().startsWith('https:');
    const sent = (isHttps ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: isHttps ? this.#https : this.#http,
      lookup: this.#lookup,
      signal,
    });
    const answer = new Promise<CallOutcome>((settle, fail) => {
      sent.on('error', fail);
      sent.on('response', (response) => {
        settle(outcomeOf(response));
        discard(response);
      });
    });
    sent.end(body);
    return { sent, answer };
  }

  /** Of the addresses of a name all must be public, or which of them is used would be its owner's choice. */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    const look = this.#options.lookup ?? resolve;
    look(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const [first] = addresses;
      if (!first || (!this.#options.allowsPrivate && !addresses.every(({ address }) => isPublic(address))))
        callback(Object.assign(new Error(notPublic), { code: 'NOT_PUBLIC' }), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

const outcomeOf = (response: IncomingMessage): CallOutcome => {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { isDelivered: true };
  const detail = `The endpoint answered ${status}.`;
  return { isDelivered: false, detail, status, retryAfterSeconds: retryAfterOf(response) };
};

/** Bytes of an answer that are read, so that its connection can be kept; what goes on longer is cut. */
const maxAnswer = 64 * 1024;

const discard = (response: IncomingMessage): void => {
  let bytes = 0;
  response.on('error', () => response.destroy());
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswer) response.destroy();
  });
};
