import { connectionOffer } from '../../shared/contract/connection.ts';
import { withTicket } from '../cloud-events/ticket.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type NegotiateServices = Pick<Services, 'http' | 'authenticator' | 'clientUrl' | 'webPubSub'>;

/** Answers where and how the caller's device connects for live events. */
export const negotiate = (services: NegotiateServices): Route =>
  defineRoute(services, {
    name: 'negotiate',
    method: 'POST',
    path: 'negotiate',
    tag: 'Live',
    summary: 'Get the URL to connect to for live events',
    description: 'Any Web PubSub client takes it; ask for one at each connecting.',
    access: 'user',
    problems: ['rate-limited'],
    replies: { 200: { description: 'Where and how to connect.', schema: connectionOffer } },
    handle: async ({ caller }) => {
      const { userId } = caller;
      const { url, expiresAt } = await services.clientUrl(userId);
      return {
        status: 200,
        jsonBody: {
          url: withTicket(url, caller, expiresAt, services.webPubSub.secrets[0] ?? ''),
          protocol: 'json.reliable.webpubsub.azure.v1',
          userId,
          expiresAt: expiresAt.toISOString(),
        },
      };
    },
  });
