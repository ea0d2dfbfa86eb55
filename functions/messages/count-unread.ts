import { unreadCounts } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type CountUnreadServices = Pick<Services, 'http' | 'authenticator' | 'countUnread'>;

/** Answers what the caller has not read, in each conversation and in all. */
export const countUnread = (services: CountUnreadServices): Route =>
  defineRoute(services, {
    name: 'countUnread',
    method: 'GET',
    path: 'unread',
    tag: 'Conversations',
    summary: 'Count what you have not read',
    description: 'Archived conversations count too.',
    access: 'user',
    replies: { 200: { description: 'In each conversation, and in all.', schema: unreadCounts } },
    handle: async ({ caller }) => ({
      status: 200,
      jsonBody: await services.countUnread(caller.userId),
    }),
  });
