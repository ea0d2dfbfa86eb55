import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

const first = (value: string | string[] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value)?.split(',', 1)[0]?.trim();

/**
 * Scheme and host under which the caller knows this service: what a proxy in front of it says, or else the request itself.
 * Links and tokens are made for it, since clients follow them literally.
 */
export const ownUrl = (request: IncomingMessage): string => {
  const scheme = first(request.headers['x-forwarded-proto']);
  const host = first(request.headers['x-forwarded-host']) ?? request.headers.host ?? 'localhost';
  const isSecure = scheme === undefined ? request.socket instanceof TLSSocket : scheme === 'https';
  return `${isSecure ? 'https' : 'http'}://${host}`;
};

/** How this machine reaches what listens on an address. */
export const reachableName = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};
