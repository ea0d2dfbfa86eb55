import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { inject } from 'vitest';

/** What was answered to bytes that no well-behaved client would send. */
export interface RawAnswer {
  status: number;
  contentType: string;
  text: string;
  /** The code of the problem, where it is one. */
  code: string | undefined;
}

const codeIn = (text: string): string | undefined => {
  try {
    return (JSON.parse(text) as { code?: string } | null)?.code;
  } catch {
    return undefined;
  }
};

/** Bytes to send; a generator is sent in chunks, without saying how long it will be, until there is an answer. */
export type RawBody = Uint8Array | string | Iterable<Uint8Array>;

/** Calls the running stack with exactly this body and these headers. */
export const rawCall = (
  method: string,
  path: string,
  body: RawBody,
  headers: OutgoingHttpHeaders = {},
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const call = httpRequest(`${inject('stack').urls.functions}/api${path}`, {
      method,
      headers,
      agent: false,
    });
    let isAnswered = false;
    call.on('response', (response) => {
      isAnswered = true;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, contentType: answered['content-type'] ?? '', text, code: codeIn(text) });
        call.destroy();
      });
    });
    // Who is answered before it has sent everything may be cut off while it still writes.
    call.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    if (typeof body === 'string' || body instanceof Uint8Array) {
      call.setHeader('content-length', Buffer.byteLength(body));
      call.end(body);
      return;
    }
    const chunks = body[Symbol.iterator]();
    const send = (): void => {
      for (;;) {
        if (isAnswered) return;
        const next = chunks.next();
        if (next.done === true) {
          call.end();
          return;
        }
        if (!call.write(next.value)) {
          call.once('drain', send);
          return;
        }
      }
    };
    send();
  });
