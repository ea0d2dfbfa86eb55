import { pageQuery } from '../../shared/contract/lists.ts';
import { presencePage } from '../../shared/contract/presence.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type GetConversationPresenceServices = Pick<Services, 'http' | 'authenticator' | 'getConversationPresence'>;

/** Answers who of a conversation's members is online. */
export const getConversationPresence = (services: GetConversationPresenceServices): Route =>
  defineRoute(services, {
    name: 'getConversationPresence',
    method: 'GET',
    path: 'conversations/{conversationId}/presence',
    tag: 'Live',
    summary: 'See who of a conversation is online',
    access: 'member',
    query: pageQuery,
    replies: { 200: { description: 'A page of its members.', schema: presencePage } },
    handle: async ({ caller, param, query }) => ({
      status: 200,
      jsonBody: await services.getConversationPresence(caller.userId, param('conversationId'), query),
    }),
  });
