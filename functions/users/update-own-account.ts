import { accountChange, accountView } from '../../shared/contract/accounts.ts';
import type { updateAccount as useCase } from '../../shared/use-cases/update-account.ts';
import { whenEnabled } from '../http/built-in-accounts.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface UpdateOwnAccountServices extends HttpServices {
  /** Undefined when built-in accounts are switched off. */
  updateAccount: ReturnType<typeof useCase> | undefined;
}

/** Changes the caller's own account. */
export const updateOwnAccount = (services: UpdateOwnAccountServices): Route =>
  defineRoute(services, {
    name: 'updateOwnAccount',
    method: 'PATCH',
    path: 'users/me',
    tag: 'Users',
    summary: 'Change your own account',
    description:
      'What is left out stays, null takes it away. Others see a new name or picture within a minute. `not-found` for who has a token but no account here.',
    access: 'user',
    body: accountChange,
    replies: { 200: { description: 'Your account, as it now is.', schema: accountView } },
    problems: ['accounts-disabled', 'not-found', 'email-taken', 'message-rejected'],
    handle: async ({ caller, body }) => {
      const update = whenEnabled(services.updateAccount);
      return { status: 200, jsonBody: await update(caller.userId, await body()) };
    },
  });
