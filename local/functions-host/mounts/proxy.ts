import { Agent, type IncomingMessage, request as send, type ServerResponse } from 'node:http';

/** RFC 9110 §7.6.1: these are for one connection only. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Passes requests on to another server and its answers back, as they come: also an answer that goes on for ever. The
 * `Host` header stays the caller's. WebSockets are not passed on.
 */
export class Proxy {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #open = new Set<ServerResponse>();

  /** Answers 502 where the upstream cannot be reached. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    { upstream, headers }: { upstream: URL; headers: Record<string, string> },
  ): void {
    this.#open.add(response);
    const passedOn = send({
      agent: this.#agent,
      host: upstream.hostname,
      port: upstream.port,
      method: request.method,
      path: request.url,
      headers: without(request.headers, hopByHop),
    });
    response.once('close', () => {
      this.#open.delete(response);
      passedOn.destroy(); // the caller has gone, or has it all
    });
    passedOn.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...without(answer.headers, hopByHop), ...headers });
      response.flushHeaders();
      answer.once('error', () => response.destroy());
      answer.pipe(response);
    });
    passedOn.once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-length': 0 }).end();
      request.resume();
    });
    request.pipe(passedOn);
  }

  /** Ends what is under way: an answer that goes on for ever would keep the host from stopping. */
  close(): void {
    for (const response of this.#open) response.destroy();
    this.#agent.destroy();
  }
}

function without(headers: IncomingMessage['headers'], names: readonly string[]): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
