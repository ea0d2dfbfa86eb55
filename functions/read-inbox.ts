import { app, type HttpHandler } from '@azure/functions';
import { inboxQuery } from '../shared/contract/lists.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type ReadInboxServices = Pick<Services, 'http' | 'authenticator' | 'readInbox'>;

/** Answers the messages kept for the caller while offline, oldest first. Problems: `malformed-request`. */
export const readInbox = (services: ReadInboxServices): HttpHandler =>
  respond(services, async ({ caller, query }) => {
    const { limit, cursor } = query(inboxQuery);
    const page = await services.readInbox(caller.userId, limit, cursor);
    return { jsonBody: page, headers: { 'cache-control': 'no-store' } };
  });

export const registerReadInbox = (services: ReadInboxServices): void =>
  app.http('readInbox', {
    methods: ['GET'],
    route: 'inbox',
    authLevel: 'anonymous',
    handler: readInbox(services),
  });
