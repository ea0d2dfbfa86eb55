import { blockPage } from '../../shared/contract/accounts.ts';
import { pageQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListBlocksServices = Pick<Services, 'http' | 'authenticator' | 'listBlocks'>;

/** Answers whom the caller has blocked. */
export const listBlocks = (services: ListBlocksServices): Route =>
  defineRoute(services, {
    name: 'listBlocks',
    method: 'GET',
    path: 'users/me/blocks',
    tag: 'Users',
    summary: 'List whom you have blocked',
    access: 'user',
    query: pageQuery,
    replies: { 200: { description: 'A page of them.', schema: blockPage } },
    handle: async ({ caller, query }) => ({
      status: 200,
      jsonBody: await services.listBlocks(caller.userId, query()),
    }),
  });
