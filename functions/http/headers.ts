import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Route } from './route.ts';

/** What browsers are told of every answer; a route that answers a page says for itself what that page may do. */
const always = {
  // Nothing is taken for another type than it says.
  'x-content-type-options': 'nosniff',
  // Addresses of ours, with the ids in them, go to nobody else.
  'referrer-policy': 'no-referrer',
  // An answer that is opened as a document does nothing and is in nobody's frame.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // No page of another origin has an answer loaded into it, as a script or a picture; what CORS allows is not touched.
  'cross-origin-resource-policy': 'same-origin',
};

/** A year. Browsers heed it where it came by https only (RFC 6797 §8.1). */
const onlyHttps = { 'strict-transport-security': 'max-age=31536000' };

/** What a page of another origin may read of an answer besides its body. */
const exposed = 'etag, retry-after, www-authenticate';

/** Methods of the API, and headers that a call may have. */
const allowed = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-none-match, traceparent',
  'access-control-max-age': '600',
};

type Asked = Pick<HttpRequest, 'url' | 'headers'>;

/**
 * What browsers are told of an answer to this request. A page of one of the origins may read it; to all others nothing is
 * said, and never that cookies are wanted: there are none.
 * @param origins exact ones, as browsers write them
 */
export const headersFor = ({ url, headers }: Asked, origins: readonly string[]): Record<string, string> => {
  const origin = headers.get('origin') ?? '';
  return {
    ...always,
    ...(url.startsWith('https:') && onlyHttps),
    // Also to who sends no origin: a cache would hand that answer to who does.
    vary: 'Origin',
    ...(origins.includes(origin) && {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposed,
    }),
  };
};

const withHeaders = (init: HttpResponseInit, added: Record<string, string>): HttpResponseInit => ({
  ...init,
  headers: { ...added, ...(init.headers as Record<string, string> | undefined) },
});

/** The same route, of whose every answer browsers are told what they may do with it. */
export const guardBrowsers = (route: Route, origins: readonly string[]): Route => ({
  ...route,
  handler: async (request, context) => {
    const init = (await route.handler(request, context)) as HttpResponseInit;
    return withHeaders(init, headersFor(request, origins));
  },
});

/**
 * Answers a browser that asks whether a page of another origin may call. It is the same for every path, whether or not
 * there is something, and asks for no token: browsers send none with this question.
 */
export const answerPreflight = (request: Asked, origins: readonly string[]): HttpResponseInit => {
  const isAllowed = origins.includes(request.headers.get('origin') ?? '');
  const isAsked = request.headers.has('access-control-request-method');
  const headers = headersFor(request, origins);
  return { status: isAllowed ? 204 : 403, headers: { ...headers, ...(isAllowed && isAsked && allowed) } };
};
