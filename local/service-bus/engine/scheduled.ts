import { messageNotFound } from './errors.ts';
import type { SendTarget } from './enqueue.ts';

/**
 * Cancels scheduled messages by their numbers, all or none.
 * @throws BrokerError `message-not-found` if one is not (any more) scheduled
 */
export function cancelScheduled(target: SendTarget, sequenceNumbers: readonly number[]): void {
  const messages = sequenceNumbers.map((number) => target.store.index.get(number));
  if (messages.some((message) => message?.state !== 'scheduled')) throw messageNotFound(sequenceNumbers);
  for (const message of messages) {
    message?.deadline?.cancel();
    if (message) target.store.remove(message);
  }
}
