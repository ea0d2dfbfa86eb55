import { subscribe } from 'node:diagnostics_channel';
import { randomUUID } from 'node:crypto';
import type { Invocations, OutgoingCall } from './invocations.ts';

/** What undici tells of a request (its docs, "Diagnostics Channel"); the app's own copy and Node's fetch both do. */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  readonly headers?: unknown;
  addHeader(name: string, value: string): unknown;
}

/**
 * Watches the app's requests made with undici, fetch included, and gives each the trace it belongs to (`traceparent`)
 * unless it has one, as Azure's own instrumentation does.
 */
export function watchOutgoing(invocations: Invocations): void {
  const calls = new WeakMap<object, OutgoingCall & { startedAt: number }>();
  const end = (request: UndiciRequest, status: number | string): void => {
    const call = calls.get(request);
    if (call === undefined) return;
    call.status ??= status;
    call.ms = performance.now() - call.startedAt;
  };
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: UndiciRequest };
    const target = `${String(request.origin)}${request.path.split('?', 1)[0] ?? ''}`;
    const call = invocations.outgoing(request.method, target);
    if (call === undefined) return;
    calls.set(request, Object.assign(call, { startedAt: performance.now() }));
    const traceId = invocations.currentTraceId();
    if (traceId === undefined || hasTrace(request.headers)) return;
    request.addHeader('traceparent', `00-${traceId}-${randomUUID().replaceAll('-', '').slice(16)}-00`);
  });
  subscribe('undici:request:headers', (message) => {
    const { request, response } = message as { request: UndiciRequest; response: { statusCode: number } };
    end(request, response.statusCode);
  });
  subscribe('undici:request:error', (message) => {
    const { request, error } = message as { request: UndiciRequest; error: Error };
    end(request, error.message);
  });
}

/** undici has headers as one text or as a list, depending on its version. */
function hasTrace(headers: unknown): boolean {
  const text = Array.isArray(headers) ? headers.join('\n') : typeof headers === 'string' ? headers : '';
  return /^traceparent\b/im.test(text);
}
