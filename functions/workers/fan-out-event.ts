import { app, type ServiceBusTopicHandler } from '@azure/functions';
import type { Services } from '../services.ts';
import { outcomeOf } from './outcome.ts';

type FanOutEventServices = Pick<Services, 'fanOutEvent'>;

/**
 * Makes of an event one task for each webhook that wants it: in order within the conversation, and harmless to repeat.
 * The subscription takes events only where there is a webhook at all.
 */
export const fanOutEvent =
  (services: FanOutEventServices): ServiceBusTopicHandler =>
  async (body, context) => {
    outcomeOf(context, 'event.parked', await services.fanOutEvent(body));
  };

export const registerFanOutEvent = (services: FanOutEventServices): void =>
  app.serviceBusTopic('fanOutEvent', {
    connection: 'ServiceBusConnection',
    topicName: 'chat-events',
    subscriptionName: 'webhooks',
    isSessionsEnabled: true,
    handler: fanOutEvent(services),
  });
