import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Invocation } from '../invocation.ts';
import type { HttpCookie, HttpData, InvocationResponse, NullableString } from '../rpc-data.ts';
import { toTriggerMetadata } from '../rpc-data.ts';
import type { RouteMatch } from './routes.ts';

/** The reason the real host logs for an HTTP call. */
const reason = 'This function was programmatically called via the host APIs.';

function nullable(values: Iterable<readonly [string, string]>): Record<string, NullableString> {
  // Callers choose the names: without a prototype none of them is there before.
  const result = Object.create(null) as Record<string, NullableString>;
  for (const [name, value] of values) {
    const earlier = result[name];
    // The host joins repeated headers and query values with a comma.
    result[name] = { value: earlier === undefined ? value : `${earlier.value},${value}` };
  }
  return result;
}

function headersOf(request: IncomingMessage): [string, string][] {
  return Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
}

/** Makes the invocation of an HTTP function (`GrpcMessageConversionExtensions.ToRpcHttp`). */
export function toInvocation(
  match: RouteMatch,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
): Invocation {
  const http: HttpData = {
    url: url.href,
    method: request.method ?? 'GET',
    nullableHeaders: nullable(headersOf(request)),
    nullableQuery: nullable(url.searchParams),
    nullableParams: nullable(Object.entries(match.params)),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
  const { traceparent, tracestate } = request.headers;
  return {
    inputData: [{ name: match.fn.trigger.name, data: { http } }],
    triggerMetadata: toTriggerMetadata(match.params),
    reason,
    about: { request: `${request.method ?? ''} ${url.pathname}` },
    traceParent: typeof traceparent === 'string' ? traceparent : undefined,
    traceState: typeof tracestate === 'string' ? tracestate : undefined,
  };
}

/** RFC 6265 §4.1: a Set-Cookie value, as the host's `HttpBinding` writes it. */
export function formatCookie(cookie: HttpCookie): string {
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) parts.push(`expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`max-age=${cookie.maxAge.value}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value === true) parts.push('secure');
  const sameSite = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' }[
    cookie.sameSite ?? 'none'
  ];
  if (sameSite !== undefined) parts.push(`samesite=${sameSite}`);
  if (cookie.httpOnly?.value === true) parts.push('httponly');
  return parts.join('; ');
}

/** Writes a function's answer; a function that returned nothing is answered 204. */
export function writeResponse(
  result: InvocationResponse,
  response: ServerResponse,
  customHeaders: Record<string, string>,
): void {
  for (const [name, value] of Object.entries(customHeaders)) response.setHeader(name, value);
  const http = result.returnValue?.http;
  if (http === undefined) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(http.statusCode ?? 200);
  const body = http.body?.bytes ?? Buffer.from(http.body?.string ?? '');
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  if (http.cookies !== undefined && http.cookies.length > 0) {
    response.setHeader('set-cookie', http.cookies.map(formatCookie));
  }
  // RFC 9110 §8.6: these two never have one.
  if (status !== 204 && status !== 304) response.setHeader('content-length', body.length);
  response.writeHead(status);
  response.end(body.length > 0 ? body : undefined);
}
