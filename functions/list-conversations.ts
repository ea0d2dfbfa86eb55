import { app, type HttpHandler } from '@azure/functions';
import { conversationsQuery } from '../shared/contract/lists.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type ListConversationsServices = Pick<Services, 'http' | 'authenticator' | 'listConversations'>;

/** Answers the caller’s conversations by last activity, archived ones apart. Problems: `malformed-request`. */
export const listConversations = (services: ListConversationsServices): HttpHandler =>
  respond(services, async ({ caller, query }) => ({
    jsonBody: await services.listConversations(caller.userId, query(conversationsQuery)),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerListConversations = (services: ListConversationsServices): void =>
  app.http('listConversations', {
    methods: ['GET'],
    route: 'conversations',
    authLevel: 'anonymous',
    handler: listConversations(services),
  });
