import { conversationPage, conversationsQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListConversationsServices = Pick<Services, 'http' | 'authenticator' | 'listConversations'>;

/** Answers the caller's conversations by last activity, archived ones apart. */
export const listConversations = (services: ListConversationsServices): Route =>
  defineRoute(services, {
    name: 'listConversations',
    method: 'GET',
    path: 'conversations',
    tag: 'Conversations',
    summary: 'List your conversations',
    description: 'By last activity; archived ones apart.',
    access: 'user',
    query: conversationsQuery,
    replies: { 200: { description: 'A page of them.', schema: conversationPage } },
    handle: async ({ caller, query }) => ({
      status: 200,
      jsonBody: await services.listConversations(caller.userId, query()),
    }),
  });
