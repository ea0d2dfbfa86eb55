import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { asError } from '../log.ts';
import type { Services } from '../services.ts';
import { outcomeOf } from './outcome.ts';

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
    const { result, log } = outcomeOf(context, 'message.parked', await services.deliverMessage(body));
    if (!result) return;
    if ('piece' in result) {
      const { messages, attachments, reactions, upTo } = result.piece;
      const erased = { messages, attachments, reactions: reactions.length, upTo };
      log('info', 'piece.erased', erased);
      return;
    }
    const { pushErrors, ...done } = 'change' in result ? result.change : result.message;
    log('info', 'change' in result ? 'change.applied' : 'message.delivered', { ...done });
    const [error] = pushErrors;
    if (error !== undefined) log('warn', 'push.failed', { count: pushErrors.length, error: asError(error) });
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
