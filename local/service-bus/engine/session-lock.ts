import type { Consumer } from './message.ts';
import { sessionCannotBeLocked, sessionLockLost } from './errors.ts';
import { unlock } from './lock.ts';
import type { MessageQueue } from './queue.ts';
import { returnMessage } from './return.ts';
import type { Session, SessionIndex } from './session-index.ts';

/** Makes a receiver the owner of a session for the lock duration. @throws BrokerError `session-cannot-be-locked` */
export function ownSession(
  queue: MessageQueue,
  session: Session,
  consumer: Consumer,
  forOneMessage: boolean,
): void {
  if (session.owner) throw sessionCannotBeLocked(session.id);
  const sessions = indexOf(queue);
  sessions.setOwner(session, { consumer, forOneMessage, ...startSessionLock(queue, session) });
  sessions.settle(session);
  queue.wake();
}

/**
 * Gives a session's lock its full duration again, from now.
 * @returns when it ends (ms since 1970)
 * @throws BrokerError `session-lock-lost` if nobody holds it
 */
export function renewSessionLock(queue: MessageQueue, sessionId: string): number {
  const session = queue.sessions?.get(sessionId);
  if (!session?.owner) throw sessionLockLost();
  session.owner.deadline.cancel();
  Object.assign(session.owner, startSessionLock(queue, session));
  return session.owner.lockedUntil;
}

/** Takes the session from its owner. What the owner had not settled returns to the session. */
export function releaseSession(
  queue: MessageQueue,
  session: Session,
  options: { countDelivery: boolean },
): void {
  session.owner?.deadline.cancel();
  const sessions = indexOf(queue);
  sessions.setOwner(session, undefined);
  for (const lock of [...session.held].sort(bySequenceNumber)) {
    unlock(queue, lock);
    returnMessage(queue, lock.message, options);
  }
  sessions.settle(session);
  queue.wake();
}

function startSessionLock(queue: MessageQueue, session: Session) {
  const lockedUntil = queue.services.clock.now() + queue.settings.lockDurationMs;
  const deadline = queue.services.deadlines.at(lockedUntil, () => {
    const owner = session.owner;
    releaseSession(queue, session, { countDelivery: true });
    // A receiver of many sessions loses only this one.
    if (owner && !owner.forOneMessage) owner.consumer.end(sessionLockLost());
  });
  return { lockedUntil, deadline };
}

function indexOf(queue: MessageQueue): SessionIndex {
  if (!queue.sessions) throw new Error(`${queue.path} has no sessions.`);
  return queue.sessions;
}

const bySequenceNumber = (
  a: { message: { sequenceNumber: number } },
  b: { message: { sequenceNumber: number } },
) => a.message.sequenceNumber - b.message.sequenceNumber;
