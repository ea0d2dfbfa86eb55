import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { isUserId } from '../../shared/domain/user.ts';
import type { Services } from '../services.ts';
import { bind } from './binding.ts';
import { hasTicket } from './ticket.ts';

export type ConnectServices = Pick<Services, 'webPubSub' | 'admitClient' | 'clock'>;

const texts = z.record(z.string(), z.array(z.string()));

const connectRequest = z.object({ claims: texts, query: texts });

/** Under which .NET services may pass on a token's subject. */
const nameIdentifier = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier';

/** Whom the client's token names, if the client has a ticket of that user. */
const userOf = ({ webPubSub, clock }: ConnectServices, body: unknown): string | undefined => {
  const { data } = connectRequest.safeParse(body);
  const userId = data?.claims.sub?.[0] ?? data?.claims[nameIdentifier]?.[0];
  if (!data || userId === undefined || !isUserId(userId)) return undefined;
  return hasTicket(data.query, userId, clock.now(), webPubSub.secrets) ? userId : undefined;
};

/**
 * Lets a client in as the user of its token and ticket, with the groups of its conversations and without any right to
 * join groups or publish to them. 401 for anybody else.
 */
export const connect = async (
  services: ConnectServices,
  body: unknown,
  connectionId: string,
): Promise<HttpResponseInit> => {
  const userId = userOf(services, body);
  if (userId === undefined) return { status: 401, body: 'Connect with the URL that negotiate answers.' };
  const { groups, fingerprint } = await services.admitClient(userId, connectionId);
  const state = bind(connectionId, { userId, fingerprint }, services.webPubSub.secrets[0] ?? '');
  return { jsonBody: { userId, groups, roles: [] }, headers: { 'ce-connectionState': state } };
};
