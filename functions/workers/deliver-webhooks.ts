import { app, type ServiceBusQueueHandler } from '@azure/functions';
import type { Services } from '../services.ts';
import { outcomeOf } from './outcome.ts';

type DeliverWebhooksServices = Pick<Services, 'deliverWebhook'>;

/**
 * Tells webhooks of events: in order for each webhook and conversation, at least once. What an endpoint does not take
 * waits in a table and comes again later; so nothing here waits for an endpoint longer than one call.
 */
export const deliverWebhooks =
  (services: DeliverWebhooksServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const { result, log } = outcomeOf(context, 'webhook.parked', await services.deliverWebhook(body));
    if (!result) return;
    const isGood = result.failure === null && result.parked === 0;
    log(isGood ? 'info' : 'warn', 'webhook.delivered', { ...result });
  };

export const registerDeliverWebhooks = (services: DeliverWebhooksServices): void =>
  app.serviceBusQueue('deliverWebhooks', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-webhooks',
    isSessionsEnabled: true,
    handler: deliverWebhooks(services),
  });
