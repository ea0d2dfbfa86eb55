import { muting } from '../../shared/contract/conversations.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type MuteConversationServices = Pick<Services, 'http' | 'authenticator' | 'muteConversation'>;

/** Lets a conversation call the caller no more. */
export const muteConversation = (services: MuteConversationServices): Route =>
  defineRoute(services, {
    name: 'muteConversation',
    method: 'PUT',
    path: 'conversations/{conversationId}/mute',
    tag: 'Conversations',
    summary: 'Mute a conversation',
    description:
      'For you alone, until a time or until you take it back. Messages come as ever; apps do not call you by them.',
    access: 'member',
    body: muting,
    isBodyOptional: true,
    replies: { 204: { description: 'It is muted.' } },
    handle: async ({ caller, param, body }) => {
      await services.muteConversation(caller.userId, param('conversationId'), body);
      return { status: 204 };
    },
  });

/** Lets it again. */
export const unmuteConversation = (services: MuteConversationServices): Route =>
  defineRoute(services, {
    name: 'unmuteConversation',
    method: 'DELETE',
    path: 'conversations/{conversationId}/mute',
    tag: 'Conversations',
    summary: 'Mute a conversation no longer',
    access: 'member',
    replies: { 204: { description: 'It is not muted.' } },
    handle: async ({ caller, param }) => {
      await services.muteConversation(caller.userId, param('conversationId'), null);
      return { status: 204 };
    },
  });
