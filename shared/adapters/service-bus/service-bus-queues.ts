import type { ServiceBusClient } from '@azure/service-bus';
import { deadLetterSources, type DeadLetterSource } from '../../domain/dead-letter.ts';
import type { QueueCount, Queues } from '../../ports/queues.ts';
import { isDeadLetterQueue, peekAll, receiverOf } from './entities.ts';
import { asUnavailable } from './errors.ts';

/** Where counting ends: it looks at the messages, for the counts that Service Bus keeps are for who may manage it. */
const maxCounted = 1000;

/** Counts by looking, which needs no more than the right to receive. */
export class ServiceBusQueues implements Queues {
  readonly #open: () => ServiceBusClient;

  constructor(open: () => ServiceBusClient) {
    this.#open = open;
  }

  async count(): Promise<QueueCount[]> {
    const client = this.#open();
    try {
      return await Promise.all(deadLetterSources.map((queue) => countOf(client, queue)));
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      await client.close().catch(() => undefined); // what was counted is counted
    }
  }
}

const countOf = async (client: ServiceBusClient, queue: DeadLetterSource): Promise<QueueCount> => {
  const count = { queue, waiting: 0, oldestAt: null, scheduled: 0, deadLetters: 0 } as Omit<
    QueueCount,
    'isMore'
  >;
  let seen = 0;
  for await (const { state, enqueuedTimeUtc } of peekAll(receiverOf(client, queue, false), maxCounted)) {
    seen++;
    if (state === 'scheduled') count.scheduled++;
    else if (isDeadLetterQueue(queue)) {
      count.waiting++;
      count.oldestAt ??= enqueuedTimeUtc?.toISOString() ?? null;
    } else count.deadLetters++;
  }
  let dead = 0;
  if (isDeadLetterQueue(queue))
    for await (const _ of peekAll(receiverOf(client, queue, true), maxCounted)) dead++;
  count.deadLetters += dead;
  return { ...count, isMore: seen === maxCounted || dead === maxCounted };
};
