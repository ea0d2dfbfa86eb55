import { z } from 'zod';
import type { TokenMark } from '../../shared/domain/token.ts';
import { isSameMac, macOf } from './mac.ts';
import { partsOf, tokenMark } from './token-mark.ts';

/**
 * What a client shows at `connect`: that `negotiate` gave its URL to this user, and for which token. The event's own
 * claims prove nothing, since the service's signature does not cover them.
 */

/** The parameter of a client URL that holds the ticket; the service passes the query on. */
const parameter = 'ticket';

/** The service checks the URL's token before it asks us, perhaps more than once, and clocks differ. */
const leewayMs = 60_000;

const ticket = z.object({ until: z.number(), token: tokenMark });

type Ticket = z.infer<typeof ticket>;

const codeOf = (secret: string, userId: string, { until, token }: Ticket): string =>
  macOf(secret, 'ticket', userId, String(until), ...partsOf(token));

/** A client URL with a ticket for a user and token that is good until then. */
export const withTicket = (
  url: string,
  { userId, token: { id, generation, issuedAt } }: { userId: string; token: TokenMark },
  expiresAt: Date,
  secret: string,
): string => {
  const given: Ticket = { until: expiresAt.getTime(), token: { id, generation, issuedAt } };
  const ticketed = new URL(url);
  const text = Buffer.from(JSON.stringify(given)).toString('base64url');
  ticketed.searchParams.set(parameter, `${text}.${codeOf(secret, userId, given)}`);
  return ticketed.href;
};

const read = (text: string): Ticket | undefined => {
  try {
    return ticket.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
  } catch {
    return undefined; // not a ticket at all
  }
};

/**
 * The token for which this user was given the URL that a client came with; undefined without a ticket, or when it has
 * expired.
 * @param query of the client's URL, as the `connect` event tells it
 */
export const ticketIn = (
  query: Record<string, string[]>,
  userId: string,
  now: Date,
  secrets: readonly string[],
): TokenMark | undefined => {
  const [, text = '', code = ''] = /^([\w-]{1,1000})\.([\w-]+)$/.exec(query[parameter]?.[0] ?? '') ?? [];
  const given = read(text);
  if (!given || !secrets.some((secret) => isSameMac(code, codeOf(secret, userId, given)))) return undefined;
  return now.getTime() <= given.until + leewayMs ? given.token : undefined;
};
