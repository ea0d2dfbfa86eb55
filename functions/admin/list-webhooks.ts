import { webhookList } from '../../shared/contract/webhooks.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ListWebhooksServices = Pick<Services, 'http' | 'authenticator' | 'listWebhooks'>;

/** Answers all webhooks, and how it stands with their endpoints. */
export const listWebhooks = (services: ListWebhooksServices): Route =>
  defineRoute(services, {
    name: 'listWebhooks',
    method: 'GET',
    path: 'webhooks',
    tag: 'Administration',
    summary: 'List webhooks',
    description: 'Oldest first, each with its last error if its endpoint fails. Secrets are not shown.',
    access: 'app admin',
    replies: { 200: { description: 'All there are, at most 20.', schema: webhookList } },
    handle: async ({ caller }) => ({
      status: 200,
      jsonBody: { items: await services.listWebhooks(caller), nextCursor: null },
    }),
  });
