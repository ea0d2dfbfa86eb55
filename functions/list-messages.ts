import { app, type HttpHandler } from '@azure/functions';
import { historyQuery } from '../shared/contract/lists.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type ListMessagesServices = Pick<Services, 'http' | 'authenticator' | 'readHistory'>;

/**
 * Answers a page of a conversation, in ascending order: the newest, or `before`, `after`, `around` a seq, or by page.
 * Problems: `not-a-member` (before anything else is looked at), `malformed-request`.
 */
export const listMessages = (services: ListMessagesServices): HttpHandler =>
  respond(services, async ({ caller, param, query }) => {
    const page = await services.readHistory(caller.userId, param('conversationId'), () =>
      query(historyQuery),
    );
    return { jsonBody: page, headers: { 'cache-control': 'no-store' } };
  });

export const registerListMessages = (services: ListMessagesServices): void =>
  app.http('listMessages', {
    methods: ['GET'],
    route: 'conversations/{conversationId}/messages',
    authLevel: 'anonymous',
    handler: listMessages(services),
  });
