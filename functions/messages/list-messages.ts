import { historyPage, historyQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListMessagesServices = Pick<Services, 'http' | 'authenticator' | 'readHistory'>;

/** Answers a page of a conversation; `not-a-member` comes before anything of the query is looked at. */
export const listMessages = (services: ListMessagesServices): Route =>
  defineRoute(services, {
    name: 'listMessages',
    method: 'GET',
    path: 'conversations/{conversationId}/messages',
    tag: 'Messages',
    summary: 'Read the history of a conversation',
    description:
      'In ascending order: the newest page, or `before`, `after` or `around` a seq, or by page number (1 is the newest).',
    access: 'member',
    query: historyQuery,
    replies: { 200: { description: 'A page of it.', schema: historyPage } },
    handle: async ({ caller, param, query }) => ({
      status: 200,
      jsonBody: await services.readHistory(caller.userId, param('conversationId'), query),
    }),
  });
