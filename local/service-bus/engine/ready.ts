import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';

/** The message can be delivered from now on. */
export function makeReady(queue: MessageQueue, message: BrokerMessage): void {
  if (queue.sessions) {
    const session = queue.sessions.obtain(message.content.sessionId ?? '');
    session.ready.add(message);
    queue.sessions.settle(session);
  } else {
    queue.ready.add(message);
  }
  queue.wake();
}

/** Forgets a message. */
export function forget(queue: MessageQueue, message: BrokerMessage): void {
  message.deadline?.cancel();
  queue.store.remove(message);
  if (message.state === 'active') countActive(queue, message, -1);
}

/** Takes a message that is active and not locked out of the ready list. */
export function unready(queue: MessageQueue, message: BrokerMessage): void {
  const ready = queue.sessions?.get(message.content.sessionId ?? '')?.ready ?? queue.ready;
  ready.remove(message);
}

/** Keeps the number of active messages of the message's session. */
export function countActive(queue: MessageQueue, message: BrokerMessage, change: 1 | -1): void {
  if (!queue.sessions) return;
  const session = queue.sessions.obtain(message.content.sessionId ?? '');
  session.active += change;
  if (change < 0) queue.sessions.settle(session);
}
