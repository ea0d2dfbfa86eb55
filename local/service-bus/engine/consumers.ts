import { sessionCannotBeLocked } from './errors.ts';
import type { Consumer } from './message.ts';
import type { MessageQueue } from './queue.ts';
import type { SessionWaiter } from './session-index.ts';
import { ownSession, releaseSession } from './session-lock.ts';

/** A receiver comes; it is served once it says it can take something. */
export function join(queue: MessageQueue, consumer: Consumer): void {
  queue.consumers.add(consumer);
}

/** A receiver can take more, or asks to be told when there is nothing more for it. */
export function ask(queue: MessageQueue, consumer: Consumer, options: { drain: boolean }): void {
  if (queue.sessions && !consumer.manySessions) {
    for (const session of queue.sessions.ownedBy(consumer)) queue.sessions.settle(session);
  } else {
    queue.hungry.add(consumer);
  }
  if (options.drain) queue.draining.add(consumer);
  queue.wake();
}

/**
 * A receiver goes. Its sessions are free again, with what it had not settled; messages without sessions stay locked, for
 * they can still be settled by their lock token.
 */
export function leave(queue: MessageQueue, consumer: Consumer, options: { countDelivery: boolean }): void {
  queue.consumers.delete(consumer);
  queue.hungry.delete(consumer);
  queue.draining.delete(consumer);
  for (const session of queue.sessions?.ownedBy(consumer) ?? []) releaseSession(queue, session, options);
}

/** Makes the receiver owner of a session, whether it has messages or not. @throws BrokerError `session-cannot-be-locked` */
export function acceptSession(queue: MessageQueue, sessionId: string, consumer: Consumer): void {
  if (!queue.sessions) throw sessionCannotBeLocked(sessionId);
  ownSession(queue, queue.sessions.obtain(sessionId), consumer, false);
}

/**
 * Waits for a session that has messages and no owner, first come, first served.
 * @returns what ends the waiting
 */
export function awaitSession(queue: MessageQueue, waiter: SessionWaiter): () => void {
  queue.sessions?.waiters.add(waiter);
  queue.wake();
  return () => queue.sessions?.waiters.delete(waiter);
}
