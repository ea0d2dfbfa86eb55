import { accountView } from '../../shared/contract/accounts.ts';
import type { getOwnAccount as useCase } from '../../shared/use-cases/get-own-account.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface GetOwnAccountServices extends HttpServices {
  getOwnAccount: ReturnType<typeof useCase>;
}

/** Answers the caller's own account; of users of an identity provider no more than their id is known here. */
export const getOwnAccount = (services: GetOwnAccountServices): Route =>
  defineRoute(services, {
    name: 'getOwnAccount',
    method: 'GET',
    path: 'users/me',
    tag: 'Users',
    summary: 'Get your own account',
    description: 'Of users of an identity provider no more than their id is known: the rest is null.',
    access: 'user',
    replies: { 200: { description: 'Your account.', schema: accountView } },
    handle: async ({ caller }) => ({
      status: 200,
      jsonBody: await services.getOwnAccount(caller.userId),
    }),
  });
