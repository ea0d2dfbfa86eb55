import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';
import { forget, makeReady } from './ready.ts';

/** Why a message is set aside. The properties are added to the message's own. */
export interface DeadLetterReason {
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
  readonly properties?: Record<string, unknown> | undefined;
}

/** Moves a message that is not in the ready list to the dead-letter queue. It keeps its delivery count. */
export function deadLetter(queue: MessageQueue, message: BrokerMessage, why: DeadLetterReason): void {
  const target = queue.deadLetters;
  if (!target) throw new Error(`${queue.path} has no dead-letter queue.`);
  forget(queue, message);
  const copy: BrokerMessage = {
    sequenceNumber: target.store.nextSequenceNumber(),
    enqueuedSequenceNumber: message.enqueuedSequenceNumber,
    enqueuedAt: message.enqueuedAt,
    deliveryCount: message.deliveryCount,
    state: 'active',
    scheduledFor: message.scheduledFor,
    deadLetterSource: queue.path,
    content: message.content.withApplicationProperties({
      ...why.properties,
      DeadLetterReason: why.reason,
      DeadLetterErrorDescription: why.description,
    }),
  };
  target.store.insert(copy);
  makeReady(target, copy);
}
