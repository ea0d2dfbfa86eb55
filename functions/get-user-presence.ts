import { app, type HttpHandler } from '@azure/functions';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type GetUserPresenceServices = Pick<Services, 'http' | 'authenticator' | 'getUserPresence'>;

/**
 * Answers whether a user is online, and when they were last seen, to who shares a conversation with them. Problems:
 * `not-found` (for anybody else, whether or not there is such a user).
 */
export const getUserPresence = (services: GetUserPresenceServices): HttpHandler =>
  respond(services, async ({ caller, param }) => ({
    jsonBody: await services.getUserPresence(caller.userId, param('userId')),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerGetUserPresence = (services: GetUserPresenceServices): void =>
  app.http('getUserPresence', {
    methods: ['GET'],
    route: 'users/{userId}/presence',
    authLevel: 'anonymous',
    handler: getUserPresence(services),
  });
