import { madeWebhook, newWebhook } from '../../shared/contract/webhooks.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type CreateWebhookServices = Pick<Services, 'http' | 'authenticator' | 'createWebhook'>;

/** Lets a URL be told of events. */
export const createWebhook = (services: CreateWebhookServices): Route =>
  defineRoute(services, {
    name: 'createWebhook',
    method: 'POST',
    path: 'webhooks',
    tag: 'Administration',
    summary: 'Create a webhook',
    description:
      'Events are posted to the URL from now on, signed as [Standard Webhooks](https://www.standardwebhooks.com/) says. Without `secret` one is made, and answered this once.',
    access: 'app admin',
    body: newWebhook,
    replies: { 201: { description: 'It is created.', schema: madeWebhook } },
    problems: ['events-disabled', 'too-many-webhooks'],
    handle: async ({ caller, body }) => {
      const { webhook, secret } = await services.createWebhook(caller, body);
      return { status: 201, jsonBody: { ...webhook, ...(secret !== undefined && { secret }) } };
    },
  });
