import { app, type HttpHandler } from '@azure/functions';
import { credentialsRequest } from '../shared/contract/accounts.ts';
import type { logIn as useCase } from '../shared/use-cases/log-in.ts';
import { addressOf } from './http/address.ts';
import { type CallerSettings, whenEnabled } from './http/built-in-accounts.ts';
import { type HttpServices, respondToAnyone } from './http/respond.ts';

export interface LogInServices extends HttpServices {
  http: HttpServices['http'] & CallerSettings;
  /** Undefined when built-in accounts are switched off. */
  logIn: ReturnType<typeof useCase> | undefined;
}

/**
 * Answers a token for a user name and its password. Problems: `accounts-disabled`, `malformed-request`,
 * `invalid-credentials` (whether the name or the password is wrong is not said), `rate-limited`.
 */
export const logIn = (services: LogInServices): HttpHandler =>
  respondToAnyone(services, async ({ request, body }) => {
    const logInWith = whenEnabled(services.logIn);
    const answer = await logInWith(
      await body(credentialsRequest),
      addressOf(request, services.http.trustedProxies),
    );
    return { headers: { 'cache-control': 'no-store' }, jsonBody: answer };
  });

export const registerLogIn = (services: LogInServices): void =>
  app.http('logIn', {
    methods: ['POST'],
    route: 'users/login',
    authLevel: 'anonymous', // who logs in has no token yet
    handler: logIn(services),
  });
