import { deadLetter } from './dead-letter.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import { notAllowed } from './errors.ts';
import { expire, isExpired } from './expire.ts';
import { requireHeld, unlock } from './lock.ts';
import type { BrokerMessage, Lock } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { countActive, forget } from './ready.ts';
import { returnMessage } from './return.ts';
import { releaseSession } from './session-lock.ts';

/** What a receiver decided about a message. `properties` are added to the message's application properties. */
export type Outcome =
  | { readonly kind: 'complete' }
  /** Not looked at: back to the queue, not counted. */
  | { readonly kind: 'release' }
  | { readonly kind: 'abandon'; readonly properties?: Record<string, unknown> | undefined }
  | { readonly kind: 'defer'; readonly properties?: Record<string, unknown> | undefined }
  | ({ readonly kind: 'dead-letter' } & DeadLetterReason);

/**
 * Settles a locked message.
 * @throws BrokerError `message-lock-lost` or `session-lock-lost`; `amqp:not-allowed` for dead-lettering what is
 *   dead-lettered already: it then returns to its dead-letter queue
 */
export function settle(queue: MessageQueue, lock: Lock, outcome: Outcome): void {
  requireHeld(queue, lock);
  unlock(queue, lock);
  try {
    apply(queue, lock.message, outcome);
  } finally {
    freeSession(queue, lock);
  }
}

function apply(queue: MessageQueue, message: BrokerMessage, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'complete':
      forget(queue, message);
      return;
    case 'release':
      returnMessage(queue, message, { countDelivery: false });
      return;
    case 'abandon':
      modify(queue, message, outcome.properties);
      returnMessage(queue, message, { countDelivery: true });
      return;
    case 'defer':
      modify(queue, message, outcome.properties);
      defer(queue, message);
      return;
    case 'dead-letter':
      if (queue.deadLetters) {
        deadLetter(queue, message, outcome);
        return;
      }
      returnMessage(queue, message, { countDelivery: false });
      throw notAllowed('A message of a dead-letter queue cannot be dead-lettered again.');
  }
}

function modify(
  queue: MessageQueue,
  message: BrokerMessage,
  properties: Record<string, unknown> | undefined,
): void {
  if (!properties || Object.keys(properties).length === 0) return;
  message.content = message.content.withApplicationProperties(properties);
  queue.store.changed(message);
}

function defer(queue: MessageQueue, message: BrokerMessage): void {
  if (isExpired(queue, message)) {
    expire(queue, message); // its time ran out while it was locked, when nobody looks
    return;
  }
  if (message.state === 'active') countActive(queue, message, -1);
  message.state = 'deferred';
  message.deliveryCount++;
  queue.store.changed(message);
}

/** A receiver of many sessions owns one until it has settled its message. */
function freeSession(queue: MessageQueue, lock: Lock): void {
  const session = queue.sessions?.get(lock.message.content.sessionId ?? '');
  if (session?.owner?.forOneMessage && session.owner.consumer === lock.consumer) {
    releaseSession(queue, session, { countDelivery: false });
  }
}
