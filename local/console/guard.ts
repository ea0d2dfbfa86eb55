import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** Names by which this machine is reached from itself; any other one was made to lead here (DNS rebinding). */
const ownName = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/**
 * Why a request is refused: the console shows everything and may change much, so it is for pages of its own origin and
 * for tools on this machine. Other sites are told apart by what browsers say of a request (Fetch Metadata) and by a
 * header that they cannot send without asking first, which nobody allows them.
 */
export function refusal({ headers, method }: IncomingMessage): string | undefined {
  if (!ownName.test(headers.host ?? '')) return 'The console answers to 127.0.0.1 and localhost only.';
  const site = headers['sec-fetch-site'];
  const isVisit = headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit) {
    return 'The console answers to no other site.';
  }
  if (method !== 'GET' && method !== 'HEAD' && headers['x-console'] === undefined) {
    return 'Changes need the header x-console.';
  }
  return undefined;
}

/** Of every answer: nothing but the console's own files runs or is shown, and no site can frame it. */
export const securityHeaders: OutgoingHttpHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
