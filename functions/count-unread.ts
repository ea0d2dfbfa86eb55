import { app, type HttpHandler } from '@azure/functions';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type CountUnreadServices = Pick<Services, 'http' | 'authenticator' | 'countUnread'>;

/** Answers what the caller has not read, in each conversation and in all. */
export const countUnread = (services: CountUnreadServices): HttpHandler =>
  respond(services, async ({ caller }) => ({
    jsonBody: await services.countUnread(caller.userId),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerCountUnread = (services: CountUnreadServices): void =>
  app.http('countUnread', {
    methods: ['GET'],
    route: 'unread',
    authLevel: 'anonymous',
    handler: countUnread(services),
  });
