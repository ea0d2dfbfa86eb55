import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type DeleteWebhookServices = Pick<Services, 'http' | 'authenticator' | 'deleteWebhook'>;

/** Tells a URL of nothing any more. */
export const deleteWebhook = (services: DeleteWebhookServices): Route =>
  defineRoute(services, {
    name: 'deleteWebhook',
    method: 'DELETE',
    path: 'webhooks/{webhookId}',
    tag: 'Administration',
    summary: 'Delete a webhook',
    description: 'What waits for it is forgotten. Calls end within ten seconds.',
    access: 'app admin',
    replies: { 204: { description: 'It is gone.' } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => {
      await services.deleteWebhook(caller, param('webhookId'));
      return { status: 204 };
    },
  });
