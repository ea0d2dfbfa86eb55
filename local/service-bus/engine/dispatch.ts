/** Hands ready messages to receivers: in order, fair among receivers and among sessions. */
import { lockMessage } from './lock.ts';
import type { BrokerMessage, Consumer } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { forget } from './ready.ts';
import { ownSession } from './session-lock.ts';
import type { Session, SessionIndex } from './session-index.ts';

/** Delivers until there are no more messages or no receiver can take any. */
export function dispatch(queue: MessageQueue): void {
  if (queue.sessions) {
    handOutSessions(queue, queue.sessions);
    pumpOwners(queue, queue.sessions);
  } else {
    handOutMessages(queue);
  }
  const drained = [...queue.draining];
  queue.draining.clear();
  for (const consumer of drained) consumer.drained();
}

function handOutMessages(queue: MessageQueue): void {
  while (queue.ready.size > 0) {
    const consumer = nextHungry(queue);
    const message = consumer && queue.ready.shift();
    if (!message) return;
    deliver(queue, message, consumer);
  }
}

/** Receivers that own one session take what is in it. */
function pumpOwners(queue: MessageQueue, sessions: SessionIndex): void {
  for (const session of sessions.pumps) {
    sessions.pumps.delete(session);
    const consumer = session.owner?.consumer;
    while (consumer && consumer.capacity() > 0) {
      const message = session.ready.shift();
      if (!message) break;
      deliver(queue, message, consumer);
    }
  }
}

/** Sessions without an owner go to who waits for a session, then, a message at a time, to receivers of many sessions. */
function handOutSessions(queue: MessageQueue, sessions: SessionIndex): void {
  for (const session of sessions.available) {
    const [waiter] = sessions.waiters;
    if (waiter) {
      sessions.waiters.delete(waiter);
      ownSession(queue, session, waiter.consumer, false);
      waiter.granted(session);
      continue;
    }
    const consumer = nextHungry(queue);
    if (!consumer) return;
    deliverOne(queue, session, consumer);
  }
}

function deliverOne(queue: MessageQueue, session: Session, consumer: Consumer): void {
  // Out of the line and, if it stays free, to its end: every session gets its turn.
  queue.sessions?.available.delete(session);
  if (!consumer.deletesOnReceive) ownSession(queue, session, consumer, true);
  const message = session.ready.shift();
  if (message) deliver(queue, message, consumer);
  queue.sessions?.settle(session);
}

function deliver(queue: MessageQueue, message: BrokerMessage, consumer: Consumer): void {
  if (consumer.deletesOnReceive) {
    forget(queue, message);
    consumer.deliver(message, undefined);
  } else {
    consumer.deliver(message, lockMessage(queue, message, consumer));
  }
}

/** Takes turns: who is served goes to the end. */
function nextHungry(queue: MessageQueue): Consumer | undefined {
  for (const consumer of queue.hungry) {
    if (consumer.capacity() <= 0) {
      queue.hungry.delete(consumer);
      continue;
    }
    if (queue.hungry.size > 1) {
      queue.hungry.delete(consumer);
      queue.hungry.add(consumer);
    }
    return consumer;
  }
  return undefined;
}
