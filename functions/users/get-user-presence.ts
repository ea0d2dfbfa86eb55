import { presenceState } from '../../shared/contract/presence.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type GetUserPresenceServices = Pick<Services, 'http' | 'authenticator' | 'getUserPresence'>;

/** Answers whether a user is online, and when they were last seen, to who shares a conversation with them. */
export const getUserPresence = (services: GetUserPresenceServices): Route =>
  defineRoute(services, {
    name: 'getUserPresence',
    method: 'GET',
    path: 'users/{userId}/presence',
    tag: 'Live',
    summary: 'See whether a user is online',
    description: 'For who shares a conversation with them; for others there is no such user (`not-found`).',
    access: 'acquaintance',
    replies: { 200: { description: 'Whether they are there.', schema: presenceState } },
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getUserPresence(caller.userId, param('userId')),
    }),
  });
