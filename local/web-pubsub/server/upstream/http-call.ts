import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { BoundedCache } from '../../bounded-cache.ts';

export interface HttpCall {
  readonly method: 'OPTIONS' | 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

const isBrokenSocket = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || code === 'EPIPE';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** The last value of a header. Not through `headersDistinct`, which would make lists of all headers for one of them. */
const headerOf = ({ rawHeaders }: IncomingMessage, name: string): string | undefined => {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
};

/** Where a call goes, as node:http takes it: parsing a URL costs as much as a tenth of a call. */
interface Target {
  readonly isSecure: boolean;
  readonly options: RequestOptions;
}

const targetOf = (url: string): Target => ({
  isSecure: url.startsWith('https:'),
  options: urlToHttpOptions(new URL(url)),
});

/** Calls event handlers over connections that are kept open. */
export class HttpCaller {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });
  /** By URL; names of events are part of URLs, and clients choose them. */
  readonly #targets = new BoundedCache<Target>(1000);

  /** @throws Error when no whole answer comes within the timeout, or the signal is aborted first */
  call(call: HttpCall): Promise<HttpAnswer> {
    return this.#try(call, true);
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #target(url: string): Target {
    const known = this.#targets.get(url);
    if (known) return known;
    const target = targetOf(url);
    this.#targets.set(url, target);
    return target;
  }

  #try(call: HttpCall, mayRepeat: boolean): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const { isSecure, options } = this.#target(call.url);
    // Bytes, since node:http would write headers in the encoding of a text that it sends along with them.
    const body = Buffer.from(call.body ?? '');
    const request = (isSecure ? httpsRequest : httpRequest)({
      ...options,
      method: call.method,
      agent: isSecure ? this.#https : this.#http,
      headers: { ...call.headers, 'content-length': body.length },
      ...(call.signal ? { signal: call.signal } : {}),
    });
    const timer = setTimeout(() => {
      const error = new Error(`No answer within ${call.timeoutMs} ms.`);
      reject(error);
      request.destroy(error); // without a reason it would look like a broken socket
    }, call.timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('response', (response) => {
      readAnswer(
        response,
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        fail,
      );
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The handler closed an idle connection just as it was used again: nobody has read the request.
      if (mayRepeat && request.reusedSocket && isBrokenSocket(error)) {
        clearTimeout(timer);
        this.#try(call, false).then(resolve, reject);
      } else {
        fail(error);
      }
    });
    request.end(body);
    return promise;
  }
}

/** By events: an iterator of the response would cost more than the rest of reading it. */
const readAnswer = (
  response: IncomingMessage,
  done: (answer: HttpAnswer) => void,
  fail: (error: Error) => void,
): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      response.destroy(new Error(`The answer is larger than ${MAX_ANSWER_BYTES} bytes.`));
    } else {
      chunks.push(chunk);
    }
  });
  response.on('end', () => {
    done({
      status: response.statusCode ?? 0,
      header: (name) => headerOf(response, name),
      body: Buffer.concat(chunks, size),
    });
  });
  response.on('error', fail);
  response.on('close', () => {
    fail(new Error('The answer ended early.')); // after its end nobody listens any more
  });
};
