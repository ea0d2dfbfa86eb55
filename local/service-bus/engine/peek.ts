import type { BrokerMessage } from './message.ts';
import type { MessageStore } from './message-store.ts';

/** Messages as they stand, whatever their state, from a sequence number on; nothing is locked. */
export function peek(
  store: MessageStore,
  options: { from: number; count: number; sessionId: string | undefined },
): BrokerMessage[] {
  const found: BrokerMessage[] = [];
  if (options.count <= 0) return found;
  for (const message of store.index.from(options.from)) {
    if (options.sessionId !== undefined && message.content.sessionId !== options.sessionId) continue;
    found.push(message);
    if (found.length >= options.count) break;
  }
  return found;
}
