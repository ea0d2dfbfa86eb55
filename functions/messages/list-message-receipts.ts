import { messageReceipts } from '../../shared/contract/changes.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListMessageReceiptsServices = Pick<Services, 'http' | 'authenticator' | 'listMessageReceipts'>;

/** Answers whom a message has reached, and who has read it. */
export const listMessageReceipts = (services: ListMessageReceiptsServices): Route =>
  defineRoute(services, {
    name: 'listMessageReceipts',
    method: 'GET',
    path: 'conversations/{conversationId}/messages/{messageId}/receipts',
    tag: 'Messages',
    summary: 'See whom a message has reached, and when',
    access: 'member',
    replies: { 200: { description: 'Every member but its sender.', schema: messageReceipts } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => {
      const [conversationId, messageId] = [param('conversationId'), param('messageId')];
      const items = await services.listMessageReceipts(caller.userId, conversationId, messageId);
      return { status: 200, jsonBody: { items, nextCursor: null } };
    },
  });
