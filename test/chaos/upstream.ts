import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.ts';

/** What becomes of events on their way to the app. */
export type UpstreamMode = 'well' | 'repeats' | 'disorders' | 'loses' | 'loses its answers';

const latestMs = 2_000;
const most = 3;

interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

const readCall = async (request: IncomingMessage): Promise<Call> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined || name === 'host' || name === 'connection' || name === 'content-length'
      ? []
      : [[name, [value].flat().join(', ')]],
  );
  return {
    ...{ method: request.method ?? '', path: request.url ?? '' },
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
};

/** Stands between Web PubSub and the app, and can repeat, disorder and lose what it tells of its connections. */
export class Upstream {
  readonly port: number;
  mode: UpstreamMode = 'well';
  readonly #server: Server;
  readonly #random: Random;
  readonly #target: string;

  private constructor(server: Server, target: number, random: Random) {
    this.#server = server;
    this.#random = random;
    this.#target = `http://127.0.0.1:${target}`;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target the app's port */
  static async start(target: number, random: Random): Promise<Upstream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = new Upstream(server, target, random);
    server.on('request', (request, response) => {
      // Whoever calls sees no answer, as if the app were away.
      upstream.#take(request, response).catch(() => response.destroy());
    });
    return upstream;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    const { mode } = this;
    if (mode === 'loses') {
      response.destroy();
      return;
    }
    if (mode === 'disorders') await delay(this.#random.between(0, latestMs));
    const answer = await this.#pass(call);
    const body = Buffer.from(await answer.arrayBuffer());
    if (mode === 'repeats') for (let n = this.#random.between(1, most); n > 0; n--) void this.#again(call);
    if (mode === 'loses its answers') {
      response.destroy();
      return;
    }
    const headers = [...answer.headers].filter(
      ([name]) => !['connection', 'transfer-encoding', 'content-length', 'content-encoding'].includes(name),
    );
    response.writeHead(answer.status, Object.fromEntries(headers)).end(body);
  }

  #pass({ method, path, headers, body }: Call): Promise<Response> {
    return fetch(`${this.#target}${path}`, {
      ...{ method, headers },
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
  }

  async #again(call: Call): Promise<void> {
    await delay(this.#random.between(0, latestMs), undefined, { ref: false });
    await this.#pass(call)
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined); // nobody waits for it
  }
}
