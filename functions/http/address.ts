import { isIPv4, isIPv6 } from 'node:net';
import type { HttpRequest } from '@azure/functions';

/** Where nothing is known of a caller's address: all such callers are counted as one. */
const unknown = 'unknown';

/** The address in `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`. */
const withoutPort = (entry: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;

/** The eight groups of an IPv6 address in hex. */
const groupsOf = (ip: string): string[] => {
  const [head = '', tail = ''] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  if (!first || !last) return [];
  const missing = 8 - first.length - last.length;
  return [...first, ...Array.from({ length: missing }, () => '0'), ...last];
};

const ipv4Of = ([high = '0', low = '0']: string[]): string =>
  [high, low].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]).join('.');

/** What an address is counted under: itself, or the /64 of it that one IPv6 customer has all of. */
const countedAs = (ip: string): string => {
  if (isIPv4(ip)) return ip;
  if (!isIPv6(ip) || ip.includes('%')) return unknown;
  const groups = groupsOf(ip);
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isMapped ? ipv4Of(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`;
};

/**
 * The address a request is counted under by limits; `unknown` where there is none that can be trusted.
 *
 * Functions see no connection, only what proxies say about it: each appends to `X-Forwarded-For` the address it was
 * called from. The last entries are therefore true as far as our own proxies go; anything before them the caller may
 * have made up.
 *
 * @param trustedProxies how many proxies stand in front: 1 for Azure's front end alone, one more for each Front Door or
 * gateway before it, 0 for none, when the header is not looked at
 */
export const addressOf = (request: Pick<HttpRequest, 'headers'>, trustedProxies: number): string => {
  if (trustedProxies < 1) return unknown;
  const entries = (request.headers.get('x-forwarded-for') ?? '').split(',').slice(-trustedProxies);
  return countedAs(withoutPort((entries[0] ?? '').trim()));
};
