import { randomUUID } from 'node:crypto';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { InspectionError, type Operation } from '../inspection/inspection.ts';
import { Recent } from '../inspection/recent.ts';

/** Which requests fail, how, and how many of them. */
interface Fault {
  /** Both if left out. */
  readonly service: 'blob' | 'table' | undefined;
  /** All if left out. */
  readonly method: string | undefined;
  /** What they are answered with; 0: not at all, the connection is cut. */
  readonly status: number;
  remaining: number;
}

/** A request that was made to fail. */
interface Failure {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

const maxCount = 100_000;

/** Whose user agent begins so is let through: a console that shows what storage holds. */
const exempt = 'local-console';

/** Error codes of Azure Storage, by status; what else is asked for has none of its own. */
const codes: Readonly<Record<number, string>> = {
  403: 'AuthorizationFailure',
  404: 'ResourceNotFound',
  409: 'Conflict',
  412: 'UpdateConditionNotSatisfied',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServerBusy',
};

/** Makes the next requests to storage fail, as a person says. */
export class Faults {
  readonly failures = new Recent<Failure>(100);
  #fault: Fault | undefined;

  /**
   * Looks at every request to these ports from now on, before Azurite does. Other servers of this process are left alone.
   *
   * @param services what listens on a port
   */
  watch(services: ReadonlyMap<number, 'blob' | 'table'>): void {
    const fail = this.#fail.bind(this);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the server it belongs to
    const { emit } = Server.prototype;
    Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
      if (event === 'request') {
        const [request, response] = args as [IncomingMessage, ServerResponse];
        const service = services.get(request.socket.localPort ?? 0);
        if (service !== undefined && fail(service, request, response)) return true;
      }
      return Reflect.apply(emit, this, [event, ...args]) as boolean;
    };
  }

  #fail(service: 'blob' | 'table', request: IncomingMessage, response: ServerResponse): boolean {
    const fault = this.#fault;
    if (fault === undefined || (fault.service ?? service) !== service) return false;
    if (request.headers['user-agent']?.startsWith(exempt) === true) return false;
    const method = request.headers['x-http-method'] ?? request.method ?? '';
    if ((fault.method ?? method) !== method) return false;
    if (--fault.remaining === 0) this.#fault = undefined;
    const [path = ''] = (request.url ?? '').split('?', 1);
    this.failures.add({ at: new Date().toISOString(), method: String(method), path, status: fault.status });
    if (fault.status === 0) request.socket.destroy();
    else answer(service, request, response, fault.status);
    return true;
  }

  /** What can be asked of storage under inspection. See README.md. */
  operations(): Record<string, Operation> {
    return {
      'GET faults': () => ({ fault: this.#fault, failures: [...this.failures.newestFirst()] }),
      'POST faults': ({ body }) => {
        this.#fault = readFault(body);
        this.failures.changed();
      },
    };
  }
}

/** No fault at all for a count of 0. */
function readFault(body: unknown): Fault | undefined {
  const { service, method, status = 503, count = 1 } = (body ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(count) || Number(count) < 0 || Number(count) > maxCount) {
    throw new InspectionError(400, `count must be a whole number from 0 to ${maxCount}.`);
  }
  const isStatus =
    status === 0 || (Number.isInteger(status) && Number(status) >= 400 && Number(status) < 600);
  if (!isStatus)
    throw new InspectionError(400, 'status must be from 400 to 599, or 0 to cut the connection.');
  if (service !== undefined && service !== 'blob' && service !== 'table') {
    throw new InspectionError(400, 'service must be blob or table.');
  }
  if (method !== undefined && (typeof method !== 'string' || !/^[A-Z]{1,10}$/.test(method))) {
    throw new InspectionError(400, 'method must be like GET.');
  }
  return count === 0 ? undefined : { service, method, status: Number(status), remaining: Number(count) };
}

/** In the form of the service that was asked, so that SDKs take it for its own. */
function answer(
  service: 'blob' | 'table',
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
): void {
  request.resume();
  const code = codes[status] ?? 'InternalError';
  const message = 'Made to fail by the developer.';
  const [contentType, body] =
    service === 'table'
      ? [
          'application/json',
          JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message } } }),
        ]
      : [
          'application/xml',
          `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
        ];
  response.writeHead(status, {
    'content-type': contentType,
    'x-ms-error-code': code,
    'x-ms-request-id': randomUUID(),
    ...(status === 429 || status === 503 ? { 'retry-after': '1' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
