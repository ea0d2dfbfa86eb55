import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type BlockUserServices = Pick<Services, 'http' | 'authenticator' | 'blockUser'>;

/** Keeps a user from writing to the caller directly. */
export const blockUser = (services: BlockUserServices): Route =>
  defineRoute(services, {
    name: 'blockUser',
    method: 'PUT',
    path: 'users/{userId}/block',
    tag: 'Users',
    summary: 'Block a user',
    description:
      'Within seconds they can no longer write to you directly, nor create a direct conversation with you, and neither of you sees whether the other is there or typing. Groups are not affected. You yourself cannot be blocked (`malformed-request`).',
    access: 'user',
    replies: { 204: { description: 'The user is blocked.' } },
    problems: ['not-found', 'malformed-request'],
    handle: async ({ caller, param }) => {
      await services.blockUser(caller.userId, param('userId'), true);
      return { status: 204 };
    },
  });

/** Takes that back. */
export const unblockUser = (services: BlockUserServices): Route =>
  defineRoute(services, {
    name: 'unblockUser',
    method: 'DELETE',
    path: 'users/{userId}/block',
    tag: 'Users',
    summary: 'Block a user no longer',
    access: 'user',
    replies: { 204: { description: 'The user is not blocked.' } },
    handle: async ({ caller, param }) => {
      await services.blockUser(caller.userId, param('userId'), false);
      return { status: 204 };
    },
  });
