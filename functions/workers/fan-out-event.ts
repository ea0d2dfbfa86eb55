import { app, type ServiceBusTopicHandler } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type FanOutEventServices = Pick<Services, 'fanOutEvent'>;

/**
 * Makes of an event one task for each webhook that wants it: in order within the conversation, and harmless to repeat.
 * The subscription takes events only where there is a webhook at all.
 */
export const fanOutEvent =
  (services: FanOutEventServices): ServiceBusTopicHandler =>
  async (body, context) => {
    const outcome = await services.fanOutEvent(body);
    if (!outcome.parked) return;
    const { code, detail, traceparent } = outcome;
    logEvent(context, 'warn', 'event.parked', { code, detail }, traceIdOf(traceparent));
  };

export const registerFanOutEvent = (services: FanOutEventServices): void =>
  app.serviceBusTopic('fanOutEvent', {
    connection: 'ServiceBusConnection',
    topicName: 'chat-events',
    subscriptionName: 'webhooks',
    isSessionsEnabled: true,
    handler: fanOutEvent(services),
  });
