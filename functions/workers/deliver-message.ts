import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import { asError, logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type DeliverMessageServices = Pick<Services, 'deliverMessage'>;

/**
 * Direct messages come through a queue, those of groups through a topic, so that other services may subscribe.
 * Appends an accepted message to its conversation and delivers it, or makes an accepted change: in order within the conversation
 * (session = conversation), at least once, so delivering twice is harmless. What can never succeed is
 * parked by the use case with its reason; anything else throws and returns the message to the queue.
 */
export const deliverMessage =
  (services: DeliverMessageServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const outcome = await services.deliverMessage(body);
    const traceId = traceIdOf(outcome.traceparent);
    if (outcome.parked) {
      logEvent(context, 'warn', 'message.parked', { code: outcome.code, detail: outcome.detail }, traceId);
      return;
    }
    const { result } = outcome;
    if ('piece' in result) {
      const { messages, attachments, reactions, upTo } = result.piece;
      const erased = { messages, attachments, reactions: reactions.length, upTo };
      logEvent(context, 'info', 'piece.erased', erased, traceId);
      return;
    }
    const { pushErrors, ...done } = 'change' in result ? result.change : result.message;
    const event = 'change' in result ? 'change.applied' : 'message.delivered';
    logEvent(context, 'info', event, { ...done }, traceId);
    const [error] = pushErrors;
    if (error !== undefined)
      logEvent(context, 'warn', 'push.failed', { count: pushErrors.length, error: asError(error) }, traceId);
  };

export const registerDeliverMessage = (services: DeliverMessageServices): void => {
  app.serviceBusQueue('deliverMessage', {
    connection: 'ServiceBusConnection', // in Azure: ServiceBusConnection__fullyQualifiedNamespace
    queueName: 'chat-queue',
    isSessionsEnabled: true,
    handler: deliverMessage(services),
  });
  app.serviceBusTopic('deliverGroupMessage', {
    connection: 'ServiceBusConnection',
    topicName: 'chat-topic',
    subscriptionName: 'chat-subscription',
    isSessionsEnabled: true,
    handler: deliverMessage(services),
  });
};
