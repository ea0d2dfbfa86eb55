import { entityNotFound } from './errors.ts';
import type { BrokerMessage } from './message.ts';
import { MessageQueue } from './queue.ts';
import type { Topic } from './topic.ts';

/** Ends an entity: its links are detached, what it held is forgotten. */
export function deleteEntity(entity: MessageQueue | Topic): void {
  for (const message of entity.store.index.values()) cancelDeadlines(message);
  if (entity instanceof MessageQueue) freeSessions(entity);
  entity.store.close();
  endLinks(entity);
  if (entity instanceof MessageQueue && entity.deadLetters) deleteEntity(entity.deadLetters);
}

function cancelDeadlines(message: BrokerMessage): void {
  message.deadline?.cancel();
  message.lock?.deadline?.cancel();
}

/** So that receivers that leave have nothing to give back. */
function freeSessions(queue: MessageQueue): void {
  queue.locks.clear();
  for (const session of queue.sessions?.values() ?? []) {
    session.owner?.deadline.cancel();
    session.ready.clear();
    session.held.clear();
    queue.sessions?.setOwner(session, undefined);
  }
}

function endLinks(entity: MessageQueue | Topic): void {
  const error = entityNotFound(entity.path);
  for (const sender of entity.senders) sender.end(error);
  if (!(entity instanceof MessageQueue)) return;
  for (const consumer of entity.consumers) consumer.end(error);
  for (const waiter of entity.sessions?.waiters ?? []) waiter.refused(error);
  entity.sessions?.waiters.clear();
}
