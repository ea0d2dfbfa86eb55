import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

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
  /** First value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

const isBrokenSocket = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || code === 'EPIPE';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const headerOf = (response: IncomingMessage, name: string): string | undefined =>
  response.headersDistinct[name]?.at(-1);

/** Calls event handlers over connections that are kept open. */
export class HttpCaller {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  /** @throws Error when no whole answer comes within the timeout, or the signal is aborted first */
  call(call: HttpCall): Promise<HttpAnswer> {
    return this.#try(call, true);
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #try(call: HttpCall, mayRepeat: boolean): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const isSecure = call.url.startsWith('https:');
    // Bytes, since node:http would write headers in the encoding of a text that it sends along with them.
    const body = Buffer.from(call.body ?? '');
    const timeout = AbortSignal.timeout(call.timeoutMs);
    const request = (isSecure ? httpsRequest : httpRequest)(call.url, {
      method: call.method,
      agent: isSecure ? this.#https : this.#http,
      headers: { ...call.headers, 'content-length': body.length },
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    });
    request.on('response', (response) => {
      readAnswer(response).then(resolve, reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The handler closed an idle connection just as it was used again: nobody has read the request.
      if (mayRepeat && request.reusedSocket && isBrokenSocket(error)) {
        this.#try(call, false).then(resolve, reject);
      } else {
        reject(timeout.aborted ? new Error(`No answer within ${call.timeoutMs} ms.`) : error);
      }
    });
    request.end(body);
    return promise;
  }
}

const readAnswer = async (response: IncomingMessage): Promise<HttpAnswer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`The answer is larger than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    header: (name) => headerOf(response, name),
    body: Buffer.concat(chunks),
  };
};
