import { conversationView } from '../../shared/contract/conversations.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type GetConversationServices = Pick<Services, 'http' | 'authenticator' | 'getConversation'>;

/** Answers a conversation as the caller sees it. */
export const getConversation = (services: GetConversationServices): Route =>
  defineRoute(services, {
    name: 'getConversation',
    method: 'GET',
    path: 'conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'Get a conversation',
    access: 'member',
    replies: { 200: { description: 'The conversation as you see it.', schema: conversationView } },
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getConversation(caller.userId, param('conversationId')),
    }),
  });
