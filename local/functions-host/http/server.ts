import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RegisteredFunction } from '../core-api.ts';
import { HostStartError, messageOf } from '../errors.ts';
import type { Invoker } from '../invoker.ts';
import type { HostLog } from '../log.ts';
import { type Mount, mountOf } from '../mounts/mount.ts';
import { Proxy } from '../mounts/proxy.ts';
import { answerFile } from '../mounts/static-folder.ts';
import { answerAdmin, type Fire } from './admin.ts';
import { buildRoutes, methodsOf, templateOf, type FindRoute } from './routes.ts';
import { toInvocation, writeResponse } from './rpc.ts';

/** The real host's limit for a request body: 100 MB. */
const maxBodyBytes = 104_857_600;

export interface HttpOptions {
  port: number;
  host: string;
  routePrefix: string;
  customHeaders: Record<string, string>;
  /** Requests to functions that are held at a time; undefined: any number. */
  maxOutstandingRequests: number | undefined;
  functions: RegisteredFunction[];
  invoker: Invoker;
  log: HostLog;
  /** Calls the function of `/admin/functions/NAME`. */
  fire: Fire;
  /** Who answers what no function does. */
  mounts: readonly Mount[];
}

/** Answers requests from the app's HTTP functions. */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #findRoute: FindRoute;
  readonly #server: Server;
  readonly #proxy = new Proxy();
  /** Requests to functions that are not answered yet. */
  #outstanding = 0;
  /** Connections that have not asked for anything yet: browsers open some in advance. */
  readonly #unused = new Set<Socket>();
  #isClosing = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#findRoute = buildRoutes(options.functions, options.routePrefix);
    this.#server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
      this.#unused.delete(request.socket);
      // A connection kept alive would keep a closing server waiting.
      response.once('close', () => {
        if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
      });
      this.#answer(request, response).catch((error: unknown) => {
        options.log.write(
          'warning',
          'Host.Http',
          `${request.method ?? ''} ${request.url ?? ''}: ${messageOf(error)}`,
        );
        this.#endBare(response, 500);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#unused.add(socket);
      socket.once('close', () => this.#unused.delete(socket));
    });
    for (const fn of options.functions) {
      const route = `${methodsOf(fn).join(',')} /${templateOf(fn, options.routePrefix)}`;
      options.log.write('information', 'Host.Startup', `Mapped function route ${route} to '${fn.name}'`);
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @throws HostStartError when the port is taken */
  async listen(): Promise<void> {
    const { port, host } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new HostStartError(
                `Port ${port} on ${host} is already in use. Stop what holds it, or choose another port with --port.`,
              )
            : new HostStartError(`Cannot listen on ${host}:${port}: ${error.message}`),
        );
      });
      this.#server.listen(port, host, resolve);
    });
  }

  /** Takes no further connections; resolves when all requests are answered. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#proxy.close();
    // Node takes them for busy, not idle, until the time for a request's headers is over.
    for (const socket of this.#unused) if (socket.bytesRead === 0) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const queryAt = target.indexOf('?');
    const path = queryAt === -1 ? target : target.slice(0, queryAt);
    if (/^\/admin\//i.test(path) && answerAdmin(request, path, response, this.#options.fire)) return;
    const match = this.#findRoute(request.method ?? 'GET', path);
    if (match === undefined) {
      if (await this.#answerMounted(request, path, response)) return;
      this.#endBare(response, path === '/' ? 200 : 404, request);
      return;
    }
    // Before anything is read or logged of it: who refuses must do so at next to no cost.
    if (this.#outstanding >= (this.#options.maxOutstandingRequests ?? Infinity)) {
      this.#endBare(response, 429, request);
      return;
    }
    this.#outstanding++;
    try {
      await this.#call(match, request, target, response);
    } finally {
      this.#outstanding--;
    }
  }

  async #call(
    match: NonNullable<ReturnType<FindRoute>>,
    request: IncomingMessage,
    target: string,
    response: ServerResponse,
  ): Promise<void> {
    const url = URL.parse(`http://${request.headers.host ?? 'localhost'}${target}`);
    if (url === null) {
      this.#endBare(response, 400, request);
      return;
    }
    const body = await readBody(request);
    if (body === undefined) {
      this.#endBare(response, 413, request);
      return;
    }
    const result = await this.#invoke(match, request, url, body);
    if (result === undefined) this.#endBare(response, 500);
    else writeResponse(result, response, this.#options.customHeaders);
  }

  async #answerMounted(request: IncomingMessage, path: string, response: ServerResponse): Promise<boolean> {
    const mount = mountOf(this.#options.mounts, path);
    if (mount === undefined) return false;
    if ('upstream' in mount) this.#proxy.answer(request, response, mount);
    else
      await answerFile(request, path.slice(mount.prefix === '/' ? 0 : mount.prefix.length), response, mount);
    return true;
  }

  async #invoke(
    ...call: Parameters<typeof toInvocation>
  ): Promise<Awaited<ReturnType<Invoker['invoke']>> | undefined> {
    try {
      return await this.#options.invoker.invoke(call[0].fn, toInvocation(...call));
    } catch {
      return undefined; // logged by the invoker; the caller gets a bare 500, as in Azure
    }
  }
  /** As the real host's CustomHttpHeadersMiddleware has it, answers that no function gives have the custom headers too. */
  #endBare(response: ServerResponse, status: number, unread?: IncomingMessage): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // A body nobody reads would be taken for the next request of a kept-alive connection.
    if (status === 413) response.setHeader('connection', 'close');
    response.writeHead(status, { ...this.#options.customHeaders, 'content-length': 0 }).end();
    unread?.resume();
  }
}

/** The whole body, or undefined when it is longer than allowed. Rejects when the client goes away meanwhile. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (): void => {
      request.removeAllListeners('data');
      resolve(undefined);
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      refuse();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBodyBytes) refuse();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, length));
    });
    request.on('error', reject);
  });
}
