import { credentialsRequest, loginAnswer } from '../../shared/contract/accounts.ts';
import type { logIn as useCase } from '../../shared/use-cases/log-in.ts';
import { addressOf } from '../http/address.ts';
import { type CallerSettings, whenEnabled } from '../http/built-in-accounts.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface LogInServices extends HttpServices {
  http: HttpServices['http'] & CallerSettings;
  /** Undefined when built-in accounts are switched off. */
  logIn: ReturnType<typeof useCase> | undefined;
}

/** Answers a token for a user name and its password. */
export const logIn = (services: LogInServices): Route =>
  defineRoute(services, {
    name: 'logIn',
    method: 'POST',
    path: 'users/login',
    tag: 'Users',
    summary: 'Log in to a built-in account',
    description: 'Whether the name or the password is wrong is not said.',
    access: 'anyone', // who logs in has no token yet
    body: credentialsRequest,
    replies: { 200: { description: 'A token.', schema: loginAnswer } },
    problems: ['accounts-disabled', 'invalid-credentials', 'rate-limited'],
    handle: async ({ request, body }) => {
      const logInWith = whenEnabled(services.logIn);
      const address = addressOf(request, services.http.trustedProxies);
      return { status: 200, jsonBody: await logInWith(await body(), address) };
    },
  });
