import type { IncomingHttpHeaders } from 'node:http';
import { aServer } from './http-server.ts';

/** A call that a receiver got. */
export interface ReceivedCall {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Somebody else's server, which gets what webhooks send. */
export class Receiver {
  readonly url: string;
  readonly calls: ReceivedCall[] = [];
  /** What it answers: a status, or nothing for ever. By default 204. */
  answer: (call: ReceivedCall) => number | 'nothing' = () => 204;
  headers: Record<string, string> = {};
  #waiting: (() => void)[] = [];

  private constructor(url: string) {
    this.url = url;
  }

  /** Starts one for a test. */
  static async start(): Promise<Receiver> {
    const url = await aServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const call = { headers: request.headers, body };
        receiver.#take(call);
        const status = receiver.answer(call);
        if (status !== 'nothing') response.writeHead(status, receiver.headers).end('what nobody reads');
      });
    });
    const receiver = new Receiver(`${url}/hook`);
    return receiver;
  }

  /** The calls as soon as there are so many. */
  async got(count: number): Promise<ReceivedCall[]> {
    while (this.calls.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.calls.slice(0, count);
  }

  #take(call: ReceivedCall): void {
    this.calls.push(call);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
