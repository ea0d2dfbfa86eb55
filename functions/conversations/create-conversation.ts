import { conversationView, newConversation } from '../../shared/contract/conversations.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type CreateConversationServices = Pick<Services, 'http' | 'authenticator' | 'createConversation'>;

/** Creates a conversation, or answers the one that there is for the pair of users or the `externalRef`. */
export const createConversation = (services: CreateConversationServices): Route =>
  defineRoute(services, {
    name: 'createConversation',
    method: 'POST',
    path: 'conversations',
    tag: 'Conversations',
    summary: 'Create a conversation',
    description:
      'A pair of users has one direct conversation, and an `externalRef` one group: the existing one is answered, if you are in it.',
    access: 'user',
    body: newConversation,
    replies: {
      201: { description: 'It is created, with all its members.', schema: conversationView },
      200: { description: 'It was there already.', schema: conversationView },
    },
    problems: ['rate-limited', 'not-a-member', 'not-found', 'blocked', 'message-rejected'],
    handle: async ({ caller, body }) => {
      const { conversation, isNew } = await services.createConversation(caller.userId, await body());
      return { status: isNew ? 201 : 200, jsonBody: conversation };
    },
  });
