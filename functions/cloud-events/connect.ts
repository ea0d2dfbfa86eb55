import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ChatError } from '../../shared/domain/errors.ts';
import type { TokenMark } from '../../shared/domain/token.ts';
import { isUserId } from '../../shared/domain/user.ts';
import type { Services } from '../services.ts';
import { bind } from './binding.ts';
import { ticketIn } from './ticket.ts';

export type ConnectServices = Pick<Services, 'webPubSub' | 'admitClient' | 'clock'>;

const texts = z.record(z.string(), z.array(z.string()));

const connectRequest = z.object({ claims: texts, query: texts });

/** Under which .NET services may pass on a token's subject. */
const nameIdentifier = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier';

/** Whom the client's token names, if the client has a ticket of that user; and what the ticket was given for. */
const userOf = (
  { webPubSub, clock }: ConnectServices,
  body: unknown,
): { userId: string; token: TokenMark } | undefined => {
  const { data } = connectRequest.safeParse(body);
  const userId = data?.claims.sub?.[0] ?? data?.claims[nameIdentifier]?.[0];
  if (!data || userId === undefined || !isUserId(userId)) return undefined;
  const token = ticketIn(data.query, userId, clock.now(), webPubSub.secrets);
  return token && { userId, token };
};

/**
 * Lets a client in as the user of its token and ticket, with the groups of its conversations and without any right to
 * join groups or publish to them. 401 for anybody else, and when the token that the URL was given for is good no more.
 */
export const connect = async (
  services: ConnectServices,
  body: unknown,
  connectionId: string,
): Promise<HttpResponseInit> => {
  const user = userOf(services, body);
  if (user === undefined) return { status: 401, body: 'Connect with the URL that negotiate answers.' };
  const { userId, token } = user;
  try {
    const { groups, fingerprint } = await services.admitClient(userId, connectionId, token);
    const state = bind(connectionId, { userId, fingerprint, token }, services.webPubSub.secrets[0] ?? '');
    return { jsonBody: { userId, groups, roles: [] }, headers: { 'ce-connectionState': state } };
  } catch (error) {
    if (error instanceof ChatError && error.code === 'unauthenticated')
      return { status: 401, body: error.message };
    throw error;
  }
};
