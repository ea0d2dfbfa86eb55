import { receipts } from '../../shared/contract/changes.ts';
import { pageQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListReceiptsServices = Pick<Services, 'http' | 'authenticator' | 'listReceipts'>;

/** Answers how far each member has got; `not-a-member` comes before anything of the query is looked at. */
export const listReceipts = (services: ListReceiptsServices): Route =>
  defineRoute(services, {
    name: 'listReceipts',
    method: 'GET',
    path: 'conversations/{conversationId}/receipts',
    tag: 'Messages',
    summary: 'See how far each member has got',
    access: 'member',
    query: pageQuery,
    replies: { 200: { description: 'A page of the members, by user id.', schema: receipts } },
    handle: async ({ caller, param, query }) => ({
      status: 200,
      jsonBody: await services.listReceipts(caller.userId, param('conversationId'), query),
    }),
  });
