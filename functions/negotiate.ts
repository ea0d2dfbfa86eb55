import { app, type HttpHandler } from '@azure/functions';
import { withTicket } from './cloud-events/ticket.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type NegotiateServices = Pick<Services, 'http' | 'authenticator' | 'clientUrl' | 'webPubSub'>;

/** Answers where and how the caller's device connects for live events. Problems: `unavailable`. */
export const negotiate = (services: NegotiateServices): HttpHandler =>
  respond(services, async ({ caller: { userId } }) => {
    const { url, expiresAt } = await services.clientUrl(userId);
    return {
      jsonBody: {
        url: withTicket(url, userId, expiresAt, services.webPubSub.secrets[0] ?? ''),
        protocol: 'json.reliable.webpubsub.azure.v1',
        userId,
        expiresAt: expiresAt.toISOString(),
      },
      headers: { 'cache-control': 'no-store' },
    };
  });

export const registerNegotiate = (services: NegotiateServices): void =>
  app.http('negotiate', {
    methods: ['POST'],
    route: 'negotiate',
    authLevel: 'anonymous',
    handler: negotiate(services),
  });
