import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type CheckDeliveryServices = Pick<Services, 'checkDelivery'>;

/**
 * Looks, a while after a push, whether it was acknowledged; what was not goes into the receiver's inbox. And looks, a few
 * seconds after a device went, whether others have to be told that its user is gone. Safe to repeat.
 */
export const checkDelivery =
  (services: CheckDeliveryServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const outcome = await services.checkDelivery(body);
    const traceId = traceIdOf(outcome.traceparent);
    if (outcome.parked)
      logEvent(context, 'warn', 'check.parked', { code: outcome.code, detail: outcome.detail }, traceId);
    else if ((outcome.result.kept ?? 0) > 0)
      logEvent(context, 'info', 'check.kept', { kept: outcome.result.kept }, traceId);
  };

export const registerCheckDelivery = (services: CheckDeliveryServices): void =>
  app.serviceBusQueue('checkDelivery', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-checks',
    handler: checkDelivery(services),
  });
