import { app, type ServiceBusQueueHandler } from '@azure/functions';
import type { Services } from '../services.ts';
import { outcomeOf } from './outcome.ts';

type CheckDeliveryServices = Pick<Services, 'checkDelivery'>;

/**
 * Looks, a while after a push, whether it was acknowledged; what was not goes into the receiver's inbox. And looks, a few
 * seconds after a device went, whether others have to be told that its user is gone. Safe to repeat.
 */
export const checkDelivery =
  (services: CheckDeliveryServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const { result, log } = outcomeOf(context, 'check.parked', await services.checkDelivery(body));
    if ((result?.kept ?? 0) > 0) log('info', 'check.kept', { kept: result?.kept });
  };

export const registerCheckDelivery = (services: CheckDeliveryServices): void =>
  app.serviceBusQueue('checkDelivery', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-checks',
    handler: checkDelivery(services),
  });
