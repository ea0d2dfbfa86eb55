import {
  createDefaultHttpClient,
  createHttpHeaders,
  RestError,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { Agent, type Dispatcher } from 'undici';

/** Sockets to one service; what comes while all are busy waits. */
const maxSockets = 128;

/** How long a socket is kept that nobody uses; services that close theirs earlier say so. */
const keepAliveMs = 30_000;

/** By these the SDKs tell an ended call from a failed one. */
class AbortError extends Error {
  override readonly name = 'AbortError';
}

/** Names of what goes wrong on a socket, as the SDKs' retry policy knows them. */
const systemCodes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'ECONNRESET', // the other side closed it before or during its answer
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

const asRestError = (error: Error, request: PipelineRequest): RestError => {
  const code = (error as { code?: string }).code ?? '';
  return new RestError(error.message, { code: systemCodes[code] ?? code, request });
};

/** What undici sets or does itself. `accept-encoding` too: nothing here unpacks an answer. */
const notPassedOn = new Set(['accept-encoding', 'connection', 'content-length', 'host']);

const headersOf = (request: PipelineRequest): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) if (!notPassedOn.has(name)) headers[name] = value;
  return headers;
};

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: PipelineRequest;
  readonly #resolve: (response: PipelineResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #onAbort = (): void => this.#end(new AbortError('The operation was aborted.'));
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended: Error | undefined;
  #status = 0;
  #headers = createHttpHeaders();

  constructor(
    request: PipelineRequest,
    resolve: (response: PipelineResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.abortSignal?.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended)
      controller.abort(this.#ended); // while it waited for a socket
    else if (this.#request.timeout > 0)
      this.#timer = setTimeout(() => this.#end(new AbortError('No answer in time.')), this.#request.timeout);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    clearTimeout(this.#timer);
    this.#status = status;
    for (const [name, value] of Object.entries(headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) this.#headers.set(name, first);
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#resolve({
      request: this.#request,
      status: this.#status,
      headers: this.#headers,
      ...(this.#request.method !== 'HEAD' && { bodyAsText: body?.toString() ?? '' }),
    });
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#settle();
    this.#reject(error instanceof AbortError ? error : asRestError(error, this.#request));
  }

  /** From outside; whoever waits is told at once. */
  #end(reason: AbortError): void {
    this.#ended = reason;
    this.#settle();
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#request.abortSignal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Whether a request asks for no more than is done here: text or bytes there, text back, no proxy. */
const isPlain = ({ body, agent, streamResponseStatusCodes, ...request }: PipelineRequest): boolean =>
  (body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array) &&
  agent === undefined &&
  (streamResponseStatusCodes === undefined || streamResponseStatusCodes.size === 0) &&
  request.formData === undefined &&
  request.multipartBody === undefined &&
  request.tlsSettings === undefined &&
  request.onUploadProgress === undefined &&
  request.onDownloadProgress === undefined &&
  request.requestOverrides === undefined;

/**
 * Carries the SDKs' requests for less CPU than their own client does, over sockets that are kept and bounded in number.
 * It fails as that does: a `RestError` with a system's code, which is tried again, and an `AbortError`, which is not. What
 * it cannot do (streams, proxies, own TLS settings) it leaves to the SDKs' client.
 */
export const leanHttpClient = (): HttpClient => {
  const agent = new Agent({
    connections: maxSockets,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0, // requests bring their own limits
    bodyTimeout: 0,
    connect: { timeout: 5000 },
  });
  const other = createDefaultHttpClient();
  return {
    sendRequest: (request) => {
      if (!isPlain(request)) return other.sendRequest(request);
      return new Promise((resolve, reject) => {
        if (request.abortSignal?.aborted) throw new AbortError('The operation was aborted.');
        const { protocol, origin, pathname, search } = new URL(request.url);
        if (protocol !== 'https:' && !request.allowInsecureConnection)
          throw new Error(`Cannot connect to ${origin} while allowInsecureConnection is false.`);
        const body = (request.body ?? null) as string | Uint8Array | null;
        agent.dispatch(
          { origin, path: pathname + search, method: request.method, headers: headersOf(request), body },
          new Exchange(request, resolve, reject),
        );
      });
    },
  };
};
