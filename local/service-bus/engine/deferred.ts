import { messageNotFound } from './errors.ts';
import { lockMessage } from './lock.ts';
import type { BrokerMessage, Lock } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { forget } from './ready.ts';

/** A deferred message, locked unless it was taken for good. */
export interface DeferredDelivery {
  readonly message: BrokerMessage;
  readonly lock: Lock | undefined;
}

/**
 * Fetches deferred messages by their numbers, all or none; a number that is named twice is one message.
 * @throws BrokerError `message-not-found` if one is not there, not deferred or locked
 */
export function receiveDeferred(
  queue: MessageQueue,
  sequenceNumbers: readonly number[],
  options: { deletesOnReceive: boolean },
): DeferredDelivery[] {
  const messages = [...new Set(sequenceNumbers)].map((number) => queue.store.index.get(number));
  const deferred = messages.filter((message) => message?.state === 'deferred' && !message.lock);
  if (deferred.length < messages.length) throw messageNotFound(sequenceNumbers);
  return deferred.flatMap((message) => (message ? [take(queue, message, options.deletesOnReceive)] : []));
}

function take(queue: MessageQueue, message: BrokerMessage, deletesOnReceive: boolean): DeferredDelivery {
  if (!deletesOnReceive) return { message, lock: lockMessage(queue, message, undefined) };
  forget(queue, message);
  return { message, lock: undefined };
}
