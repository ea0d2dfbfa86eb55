import { newLockToken } from '../codec/lock-token.ts';
import type { LockToken } from '../codec/lock-token.ts';
import { messageLockLost, sessionLockLost } from './errors.ts';
import type { BrokerMessage, Consumer, Lock } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { returnMessage } from './return.ts';
import type { Session } from './session-index.ts';

/** Locks a message for a receiver, or (without one) for whoever fetched it by its number. */
export function lockMessage(
  queue: MessageQueue,
  message: BrokerMessage,
  consumer: Consumer | undefined,
): Lock {
  const lock: Lock = { token: newLockToken(), message, consumer };
  message.lock = lock;
  queue.locks.set(lock.token, lock);
  const session = sessionOf(queue, message);
  if (session?.owner) session.held.add(lock);
  else startLock(queue, lock);
  return lock;
}

/** Ends a lock; what becomes of the message is up to the caller. */
export function unlock(queue: MessageQueue, lock: Lock): void {
  lock.deadline?.cancel();
  lock.message.lock = undefined;
  queue.locks.delete(lock.token);
  sessionOf(queue, lock.message)?.held.delete(lock);
}

/** When a lock ends by itself (ms since 1970). */
export function lockedUntil(queue: MessageQueue, lock: Lock): number {
  return lock.until ?? sessionOf(queue, lock.message)?.owner?.lockedUntil ?? queue.services.clock.now();
}

/** @throws BrokerError `message-lock-lost` or `session-lock-lost` if the lock is not (any more) held. */
export function requireHeld(queue: MessageQueue, lock: Lock | undefined): Lock {
  const now = queue.services.clock.now();
  if (!lock || queue.locks.get(lock.token) !== lock || lockedUntil(queue, lock) <= now) throw lockLost(queue);
  return lock;
}

/** The held locks with these tokens, all or none. */
export function findLocks(queue: MessageQueue, tokens: readonly LockToken[]): Lock[] {
  return tokens.map((token) => requireHeld(queue, queue.locks.get(token)));
}

/**
 * Gives a lock its full duration again, from now.
 * @returns when it ends (ms since 1970)
 */
export function renewLock(queue: MessageQueue, lock: Lock): number {
  lock.deadline?.cancel();
  startLock(queue, lock);
  return lockedUntil(queue, lock);
}

function startLock(queue: MessageQueue, lock: Lock): void {
  const until = queue.services.clock.now() + queue.settings.lockDurationMs;
  lock.until = until;
  lock.deadline = queue.services.deadlines.at(until, () => {
    unlock(queue, lock);
    returnMessage(queue, lock.message, { countDelivery: true });
  });
}

const lockLost = (queue: MessageQueue) => (queue.sessions ? sessionLockLost() : messageLockLost());

function sessionOf(queue: MessageQueue, message: BrokerMessage): Session | undefined {
  return queue.sessions?.get(message.content.sessionId ?? '');
}
