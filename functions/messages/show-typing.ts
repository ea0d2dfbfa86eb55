import { typingState } from '../../shared/contract/client-events.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ShowTypingServices = Pick<Services, 'http' | 'authenticator' | 'showTyping'>;

/** Shows the other members that the caller is typing; `not-a-member` comes before the body is looked at. */
export const showTyping = (services: ShowTypingServices): Route =>
  defineRoute(services, {
    name: 'showTyping',
    method: 'POST',
    path: 'conversations/{conversationId}/typing',
    tag: 'Live',
    summary: 'Show that you are typing, or have stopped',
    description: 'The others are told when it ends by itself; tell it again before that.',
    access: 'member',
    body: typingState,
    replies: { 204: { description: 'Those who are online are told.' } },
    problems: ['rate-limited'],
    handle: async ({ caller, param, body }) => {
      await services.showTyping(caller.userId, param('conversationId'), body);
      return { status: 204 };
    },
  });
