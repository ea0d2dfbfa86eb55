import { accountView, registrationRequest } from '../../shared/contract/accounts.ts';
import type { registerUser as useCase } from '../../shared/use-cases/register-user.ts';
import { addressOf } from '../http/address.ts';
import { type CallerSettings, whenEnabled } from '../http/built-in-accounts.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface RegisterUserServices extends HttpServices {
  http: HttpServices['http'] & CallerSettings;
  /** Undefined when built-in accounts are switched off. */
  registerUser: ReturnType<typeof useCase> | undefined;
}

/** Opens a built-in account. */
export const registerUser = (services: RegisterUserServices): Route =>
  defineRoute(services, {
    name: 'registerUser',
    method: 'POST',
    path: 'users/register',
    tag: 'Users',
    summary: 'Open a built-in account',
    description: 'The user id is the user name.',
    access: 'anyone', // who registers has no token yet
    body: registrationRequest,
    replies: { 201: { description: 'The account.', schema: accountView } },
    problems: ['accounts-disabled', 'username-taken', 'email-taken', 'message-rejected', 'rate-limited'],
    handle: async ({ request, body }) => {
      const register = whenEnabled(services.registerUser);
      const address = addressOf(request, services.http.trustedProxies);
      return { status: 201, jsonBody: await register(await body(), address) };
    },
  });
