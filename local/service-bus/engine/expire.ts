import { deadLetter } from './dead-letter.ts';
import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { forget, unready } from './ready.ts';

/** Gives a message that becomes active its end: the shorter of its own time to live and the entity's. */
export function startTimeToLive(queue: MessageQueue, message: BrokerMessage): void {
  const ttlMs = Math.min(message.content.ttlMs ?? Infinity, queue.settings.defaultTtlMs ?? Infinity);
  if (ttlMs === Infinity) return;
  message.expiresAt = message.enqueuedAt + ttlMs;
  armExpiry(queue, message);
}

/** A locked message does not expire; it is looked at again when it returns. */
export function armExpiry(queue: MessageQueue, message: BrokerMessage): void {
  if (message.expiresAt === undefined) return;
  message.deadline = queue.services.deadlines.at(message.expiresAt, () => {
    if (message.lock) return;
    if (message.state === 'active') unready(queue, message);
    expire(queue, message);
  });
}

export function isExpired(queue: MessageQueue, message: BrokerMessage): boolean {
  return message.expiresAt !== undefined && message.expiresAt <= queue.services.clock.now();
}

/** Ends a message that is neither locked nor in the ready list. */
export function expire(queue: MessageQueue, message: BrokerMessage): void {
  if (queue.settings.deadLetterOnExpiry && queue.deadLetters) {
    deadLetter(queue, message, {
      reason: 'TTLExpiredException',
      description: 'The message expired and was dead lettered.',
    });
  } else {
    forget(queue, message);
  }
}
