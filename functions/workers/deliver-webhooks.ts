import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type DeliverWebhooksServices = Pick<Services, 'deliverWebhook'>;

/**
 * Tells webhooks of events: in order for each webhook and conversation, at least once. What an endpoint does not take
 * waits in a table and comes again later; so nothing here waits for an endpoint longer than one call.
 */
export const deliverWebhooks =
  (services: DeliverWebhooksServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const outcome = await services.deliverWebhook(body);
    const traceId = traceIdOf(outcome.traceparent);
    if (outcome.parked) {
      logEvent(context, 'warn', 'webhook.parked', { code: outcome.code, detail: outcome.detail }, traceId);
      return;
    }
    const { failure, parked } = outcome.result;
    const level = failure !== null || parked > 0 ? 'warn' : 'info';
    logEvent(context, level, 'webhook.delivered', { ...outcome.result }, traceId);
  };

export const registerDeliverWebhooks = (services: DeliverWebhooksServices): void =>
  app.serviceBusQueue('deliverWebhooks', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-webhooks',
    isSessionsEnabled: true,
    handler: deliverWebhooks(services),
  });
