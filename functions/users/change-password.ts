import { loginAnswer, passwordChange } from '../../shared/contract/accounts.ts';
import type { changePassword as useCase } from '../../shared/use-cases/change-password.ts';
import { addressOf } from '../http/address.ts';
import { type CallerSettings, whenEnabled } from '../http/built-in-accounts.ts';
import type { HttpServices } from '../http/respond.ts';
import { defineRoute, type Route } from '../http/route.ts';

export interface ChangePasswordServices extends HttpServices {
  http: HttpServices['http'] & CallerSettings;
  /** Undefined when built-in accounts are switched off. */
  changePassword: ReturnType<typeof useCase> | undefined;
}

/** Replaces the caller's password, and answers a fresh token. */
export const changePassword = (services: ChangePasswordServices): Route =>
  defineRoute(services, {
    name: 'changePassword',
    method: 'POST',
    path: 'users/password',
    tag: 'Users',
    summary: 'Change your password',
    description:
      'All tokens that you were given before are good no more, within seconds everywhere, and all your connections are closed: go on with the token of the answer.',
    access: 'user',
    body: passwordChange,
    replies: { 200: { description: 'It is changed; a fresh token.', schema: loginAnswer } },
    problems: ['accounts-disabled', 'not-found', 'invalid-credentials', 'rate-limited', 'unavailable'],
    handle: async ({ caller, request, body }) => {
      const change = whenEnabled(services.changePassword);
      const address = addressOf(request, services.http.trustedProxies);
      return { status: 200, jsonBody: await change(caller.userId, await body(), address) };
    },
  });
