import { message } from '../../shared/contract/message.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type GetMessageServices = Pick<Services, 'http' | 'authenticator' | 'getMessage'>;

/** Answers one message. */
export const getMessage = (services: GetMessageServices): Route =>
  defineRoute(services, {
    name: 'getMessage',
    method: 'GET',
    path: 'conversations/{conversationId}/messages/{messageId}',
    tag: 'Messages',
    summary: 'Read one message',
    access: 'member',
    replies: { 200: { description: 'The message.', schema: message } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getMessage(caller.userId, param('conversationId'), param('messageId')),
    }),
  });
