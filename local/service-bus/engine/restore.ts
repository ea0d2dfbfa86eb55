/** Puts back what a journal kept. Locks do not survive: what was locked is ready again. */
import type { DuplicateHistory } from './duplicates.ts';
import { armActivation } from './enqueue.ts';
import type { SendTarget } from './enqueue.ts';
import { armExpiry } from './expire.ts';
import type { BrokerMessage } from './message.ts';
import { MessageQueue } from './queue.ts';
import { countActive, makeReady } from './ready.ts';

/** What a journal kept of an entity. */
interface KeptState {
  messages(path: string): Iterable<BrokerMessage>;
  duplicates(path: string): Iterable<{ messageId: string; until: number }>;
  sessionStates(path: string): Iterable<{ sessionId: string; state: Buffer; changedAt: number }>;
}

/** Fills a new, empty entity. */
export function restore(entity: SendTarget, kept: KeptState): void {
  if (entity.duplicates) restoreDuplicates(entity.duplicates, kept.duplicates(entity.path));
  if (entity instanceof MessageQueue) restoreSessionStates(entity, kept);
  for (const message of kept.messages(entity.path)) {
    entity.store.index.add(message);
    if (message.state === 'scheduled') armActivation(entity, message);
    else if (entity instanceof MessageQueue) restoreMessage(entity, message);
  }
}

function restoreDuplicates(
  history: DuplicateHistory,
  kept: Iterable<{ messageId: string; until: number }>,
): void {
  for (const { messageId, until } of kept) history.restore(messageId, until);
}

function restoreSessionStates(queue: MessageQueue, kept: KeptState): void {
  if (!queue.sessions) return;
  for (const { sessionId, state, changedAt } of kept.sessionStates(queue.path)) {
    Object.assign(queue.sessions.obtain(sessionId), { state, stateChangedAt: changedAt });
  }
}

function restoreMessage(queue: MessageQueue, message: BrokerMessage): void {
  if (message.state === 'active') {
    countActive(queue, message, 1);
    makeReady(queue, message);
  }
  armExpiry(queue, message);
}
