import { app, type HttpHandler } from '@azure/functions';
import { registrationRequest } from '../shared/contract/accounts.ts';
import type { registerUser as useCase } from '../shared/use-cases/register-user.ts';
import { addressOf } from './http/address.ts';
import { type CallerSettings, whenEnabled } from './http/built-in-accounts.ts';
import { type HttpServices, respondToAnyone } from './http/respond.ts';

export interface RegisterUserServices extends HttpServices {
  http: HttpServices['http'] & CallerSettings;
  /** Undefined when built-in accounts are switched off. */
  registerUser: ReturnType<typeof useCase> | undefined;
}

/**
 * Opens a built-in account. Answers 201 with it. Problems: `accounts-disabled`, `malformed-request`, `username-taken`,
 * `email-taken`, `rate-limited`.
 */
export const registerUser = (services: RegisterUserServices): HttpHandler =>
  respondToAnyone(services, async ({ request, body }) => {
    const register = whenEnabled(services.registerUser);
    const account = await register(
      await body(registrationRequest),
      addressOf(request, services.http.trustedProxies),
    );
    return { status: 201, headers: { 'cache-control': 'no-store' }, jsonBody: account };
  });

export const registerRegisterUser = (services: RegisterUserServices): void =>
  app.http('registerUser', {
    methods: ['POST'],
    route: 'users/register',
    authLevel: 'anonymous', // who registers has no token yet
    handler: registerUser(services),
  });
