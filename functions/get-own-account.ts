import { app, type HttpHandler } from '@azure/functions';
import type { getOwnAccount as useCase } from '../shared/use-cases/get-own-account.ts';
import { type HttpServices, respond } from './http/respond.ts';

export interface GetOwnAccountServices extends HttpServices {
  getOwnAccount: ReturnType<typeof useCase>;
}

/** Answers the caller's own account; of users of an identity provider no more than their id is known here. */
export const getOwnAccount = (services: GetOwnAccountServices): HttpHandler =>
  respond(services, async ({ caller }) => ({
    headers: { 'cache-control': 'no-store' },
    jsonBody: await services.getOwnAccount(caller.userId),
  }));

export const registerGetOwnAccount = (services: GetOwnAccountServices): void =>
  app.http('getOwnAccount', {
    methods: ['GET'],
    route: 'users/me',
    authLevel: 'anonymous', // respond() checks the caller's token
    handler: getOwnAccount(services),
  });
