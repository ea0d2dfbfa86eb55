import { inboxPage, inboxQuery } from '../../shared/contract/lists.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ReadInboxServices = Pick<Services, 'http' | 'authenticator' | 'readInbox'>;

/** Answers what was kept for the caller, oldest first. */
export const readInbox = (services: ReadInboxServices): Route =>
  defineRoute(services, {
    name: 'readInbox',
    method: 'GET',
    path: 'inbox',
    tag: 'Inbox',
    summary: 'Read what was kept for you while you were offline',
    description:
      'Oldest first. It stays there until you acknowledge it. Besides messages it holds what you sent and was refused after it had been accepted.',
    access: 'user',
    query: inboxQuery,
    replies: { 200: { description: 'A page of it.', schema: inboxPage } },
    handle: async ({ caller, query }) => {
      const { limit, cursor } = query();
      return { status: 200, jsonBody: await services.readInbox(caller.userId, limit, cursor) };
    },
  });
