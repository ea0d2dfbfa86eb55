import { app, type HttpHandler } from '@azure/functions';
import { pageQuery } from '../shared/contract/lists.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type GetConversationPresenceServices = Pick<Services, 'http' | 'authenticator' | 'getConversationPresence'>;

/** Answers who of a conversation's members is online. Problems: `not-a-member`, `malformed-request`. */
export const getConversationPresence = (services: GetConversationPresenceServices): HttpHandler =>
  respond(services, async ({ caller, param, query }) => ({
    jsonBody: await services.getConversationPresence(caller.userId, param('conversationId'), () =>
      query(pageQuery),
    ),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerGetConversationPresence = (services: GetConversationPresenceServices): void =>
  app.http('getConversationPresence', {
    methods: ['GET'],
    route: 'conversations/{conversationId}/presence',
    authLevel: 'anonymous',
    handler: getConversationPresence(services),
  });
