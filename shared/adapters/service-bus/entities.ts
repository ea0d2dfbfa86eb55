import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { DeadLetterSource } from '../../domain/dead-letter.ts';

/** The app's own subscriptions, by topic. */
const subscriptions: Partial<Record<DeadLetterSource, string>> = {
  'chat-topic': 'chat-subscription',
  'chat-events': 'webhooks',
};

/** A receiver of what waits, or of what is dead; without a session, for looking and for dead letters. */
export const receiverOf = (
  client: ServiceBusClient,
  entity: DeadLetterSource,
  isDead: boolean,
): ServiceBusReceiver => {
  const options = isDead ? ({ subQueueType: 'deadLetter' } as const) : {};
  const subscription = subscriptions[entity];
  return subscription === undefined
    ? client.createReceiver(entity, options)
    : client.createReceiver(entity, subscription, options);
};

/** What the app has put aside lies in a queue like any other. */
export const isDeadLetterQueue = (source: DeadLetterSource): boolean => source !== 'chat-deadletter';

const pageSize = 100;

/**
 * What is there, oldest first, without locking it: by pages, for Service Bus gives as many at a time as it likes.
 * @param max messages to look at
 */
export async function* peekAll(
  receiver: ServiceBusReceiver,
  max: number,
): AsyncGenerator<ServiceBusReceivedMessage> {
  for (let seen = 0; seen < max;) {
    const page = await receiver.peekMessages(Math.min(pageSize, max - seen));
    if (page.length === 0) return;
    seen += page.length;
    yield* page;
  }
}
