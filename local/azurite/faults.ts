import { randomUUID } from 'node:crypto';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { type ErrorAnswer, Faults } from '../inspection/faults.ts';

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

const message = 'Made to fail by the developer.';

const contents: Record<'blob' | 'table', (code: string) => [contentType: string, body: string]> = {
  table: (code) => [
    'application/json',
    JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message } } }),
  ],
  blob: (code) => [
    'application/xml',
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  ],
};

/** In the form of the service, so that SDKs take it for its own. */
const answer =
  (service: 'blob' | 'table'): ErrorAnswer =>
  (request, response, status) => {
    request.resume();
    const code = codes[status] ?? 'InternalError';
    const [contentType, body] = contents[service](code);
    response.writeHead(status, {
      'content-type': contentType,
      'x-ms-error-code': code,
      'x-ms-request-id': randomUUID(),
      ...(status === 429 || status === 503 ? { 'retry-after': '1' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

/**
 * Looks at every request to these ports from now on, before Azurite does. Other servers of this process are left alone.
 * @param services what listens on a port
 */
export function watchStorage(services: ReadonlyMap<number, 'blob' | 'table'>): Faults {
  const faults = new Faults({ blob: answer('blob'), table: answer('table') });
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the server it belongs to
  const { emit } = Server.prototype;
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
    const pass = (): boolean => Reflect.apply(emit, this, [event, ...args]) as boolean;
    const [request, response] = args as [IncomingMessage, ServerResponse];
    const service = event === 'request' ? services.get(request.socket.localPort ?? 0) : undefined;
    if (service === undefined) return pass();
    faults.pass(service, request, response, pass);
    return true;
  };
  return faults;
}
