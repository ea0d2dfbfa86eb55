import { profilePage, publicProfile, usersQuery } from '../../shared/contract/accounts.ts';
import type { findUsers as findUseCase, getUser as getUseCase } from '../../shared/use-cases/find-users.ts';
import { whenEnabled } from '../http/built-in-accounts.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface FindUsersServices extends HttpServices {
  /** Undefined when built-in accounts are switched off. */
  findUsers: ReturnType<typeof findUseCase> | undefined;
}

export interface GetUserServices extends HttpServices {
  /** Undefined when built-in accounts are switched off. */
  getUser: ReturnType<typeof getUseCase> | undefined;
}

/** Answers the users whose names begin so. */
export const findUsers = (services: FindUsersServices): Route =>
  defineRoute(services, {
    name: 'findUsers',
    method: 'GET',
    path: 'users',
    tag: 'Users',
    summary: 'Find users by the beginning of a name',
    description:
      'Of the user name, or of any word of the full name; case and accents make no difference. A page may have fewer than `limit` items; the last one has no `nextCursor`.',
    access: 'user',
    query: usersQuery,
    replies: { 200: { description: 'A page of them.', schema: profilePage } },
    problems: ['accounts-disabled', 'rate-limited'],
    handle: async ({ caller, query }) => {
      const find = whenEnabled(services.findUsers);
      return { status: 200, jsonBody: await find(caller.userId, query()) };
    },
  });

/** Answers what others see of a user. */
export const getUser = (services: GetUserServices): Route =>
  defineRoute(services, {
    name: 'getUser',
    method: 'GET',
    path: 'users/{userId}',
    tag: 'Users',
    summary: 'Get a user’s name and picture',
    access: 'user',
    replies: { 200: { description: 'What others see of the user.', schema: publicProfile } },
    problems: ['accounts-disabled', 'not-found'],
    handle: async ({ param }) => {
      const get = whenEnabled(services.getUser);
      return { status: 200, jsonBody: await get(param('userId')) };
    },
  });
