import { deadLetter } from './dead-letter.ts';
import { expire, isExpired } from './expire.ts';
import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { makeReady } from './ready.ts';

/**
 * Puts a message back that was locked. Deliveries are counted when a receiver gave up or lost its lock, but never in a
 * dead-letter queue; too many of them send it there.
 */
export function returnMessage(
  queue: MessageQueue,
  message: BrokerMessage,
  options: { countDelivery: boolean },
): void {
  if (options.countDelivery && queue.deadLetters) {
    message.deliveryCount++;
    queue.store.changed(message);
  }
  if (isExpired(queue, message)) expire(queue, message);
  else if (message.state === 'deferred') return;
  else if (message.deliveryCount >= queue.settings.maxDeliveryCount) deadLetterExhausted(queue, message);
  else makeReady(queue, message);
}

function deadLetterExhausted(queue: MessageQueue, message: BrokerMessage): void {
  deadLetter(queue, message, {
    reason: 'MaxDeliveryCountExceeded',
    description: `Message could not be consumed after ${queue.settings.maxDeliveryCount} delivery attempts.`,
  });
}
