import { isSameMac, macOf } from './mac.ts';

/**
 * What a client shows at `connect`: that `negotiate` gave its URL to this user. The event's own claims prove nothing,
 * since the service's signature does not cover them.
 */

/** The parameter of a client URL that holds the ticket; the service passes the query on. */
const parameter = 'ticket';

/** The service checks the URL's token before it asks us, perhaps more than once, and clocks differ. */
const leewayMs = 60_000;

const codeOf = (secret: string, userId: string, expiry: string): string =>
  macOf(secret, 'ticket', userId, expiry);

/** A client URL with a ticket for a user that is good until then. */
export const withTicket = (url: string, userId: string, expiresAt: Date, secret: string): string => {
  const ticketed = new URL(url);
  const expiry = String(expiresAt.getTime());
  ticketed.searchParams.set(parameter, `${expiry}.${codeOf(secret, userId, expiry)}`);
  return ticketed.href;
};

/**
 * Whether a client came with a ticket of this user that has not expired.
 * @param query of the client's URL, as the `connect` event tells it
 */
export const hasTicket = (
  query: Record<string, string[]>,
  userId: string,
  now: Date,
  secrets: readonly string[],
): boolean => {
  const [, expiry, code] = /^(\d{1,15})\.([\w-]+)$/.exec(query[parameter]?.[0] ?? '') ?? [];
  if (expiry === undefined || code === undefined) return false;
  if (!secrets.some((secret) => isSameMac(code, codeOf(secret, userId, expiry)))) return false;
  return now.getTime() <= Number(expiry) + leewayMs;
};
