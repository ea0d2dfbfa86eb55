import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import {
  type DeadLetter,
  deadLetterIdOf,
  type DeadLetterPlace,
  type DeadLetterSource,
} from '../../domain/dead-letter.ts';
import { ChatError } from '../../domain/errors.ts';
import type { DeadLetters } from '../../ports/dead-letters.ts';
import { isDeadLetterQueue, peekAll, receiverOf } from './entities.ts';
import { asUnavailable } from './errors.ts';
import { wayBackOf } from './way-back.ts';

/** So many are looked at, or locked, to find one: enough for the front of any queue, and an end for a long one. */
const maxLookedAt = 10_000;
const maxLocked = 2000;
/** How long to wait for messages that are there: what is locked by somebody else does not come. */
const receiveWaitMs = 1000;

const numberOf = ({ sequenceNumber }: ServiceBusReceivedMessage): bigint =>
  BigInt(sequenceNumber?.toString() ?? 0);

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const letterOf = (source: DeadLetterSource, message: ServiceBusReceivedMessage): DeadLetter => {
  const { applicationProperties: given, enqueuedTimeUtc, deliveryCount = 0, sessionId } = message;
  return {
    deadLetterId: deadLetterIdOf({ source, sequenceNumber: numberOf(message) }),
    source,
    reason: message.deadLetterReason ?? textOf(given?.reason),
    detail: message.deadLetterErrorDescription ?? textOf(given?.detail),
    enqueuedAt: (enqueuedTimeUtc ?? new Date(0)).toISOString(),
    deliveryCount,
    sessionId: sessionId ?? null,
    traceId: textOf(message.correlationId),
  };
};

/** Locks messages from the front on until it has the one, and gives the others back. Undefined: it did not come. */
const lockOne = async (
  receiver: ServiceBusReceiver,
  wanted: bigint,
): Promise<ServiceBusReceivedMessage | undefined> => {
  const others: ServiceBusReceivedMessage[] = [];
  try {
    // Whoever works off a queue wants the first one; it alone is locked then.
    for (let batch = 1; others.length < maxLocked; batch = 100) {
      const received = await receiver.receiveMessages(batch, { maxWaitTimeInMs: receiveWaitMs });
      if (received.length === 0) return undefined;
      const found = received.find((message) => numberOf(message) === wanted);
      others.push(...received.filter((message) => message !== found));
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    // One whose lock has run out is back already.
    await Promise.allSettled(others.map((message) => receiver.abandonMessage(message)));
  }
};

const isHeld = (): ChatError =>
  new ChatError(
    'unavailable',
    'Somebody else works with this dead letter just now, or too many lie before it: take those first.',
    { retryAfterSeconds: 10 },
  );

const hasNoWayBack = (): ChatError =>
  new ChatError('cannot-redrive', 'Its content does not tell where it came from. It can be discarded.');

/**
 * Dead letters of all queues and subscriptions of the app, and what it has put aside. Each call has a connection of its
 * own: it is made a few times a year, and receivers of one client share the place up to which they have peeked.
 */
export class ServiceBusDeadLetters implements DeadLetters {
  readonly #open: () => ServiceBusClient;

  constructor(open: () => ServiceBusClient) {
    this.#open = open;
  }

  list(source: DeadLetterSource, after: bigint | undefined, limit: number): Promise<DeadLetter[]> {
    return this.#receiving(source, async (receiver) => {
      const found: DeadLetter[] = [];
      if (limit === 0) return found;
      for await (const message of peekAll(receiver, maxLookedAt)) {
        if (after === undefined || numberOf(message) > after) found.push(letterOf(source, message));
        if (found.length === limit) break;
      }
      return found;
    });
  }

  find({ source, sequenceNumber }: DeadLetterPlace) {
    return this.#receiving(source, async (receiver) => {
      const message = await this.#peekOne(receiver, sequenceNumber);
      return message && { letter: letterOf(source, message), content: message.body as unknown };
    });
  }

  redrive(place: DeadLetterPlace): Promise<boolean> {
    return this.#take(place, async (dead, client) => {
      const back = wayBackOf(place, dead);
      if (!back) throw hasNoWayBack();
      await client.createSender(back.entity).sendMessages(back.message);
    });
  }

  discard(place: DeadLetterPlace): Promise<boolean> {
    return this.#take(place, () => Promise.resolve());
  }

  /** Does something with a dead letter first, and takes it away then: what fails in between leaves it there. */
  #take(
    { source, sequenceNumber }: DeadLetterPlace,
    first: (dead: ServiceBusReceivedMessage, client: ServiceBusClient) => Promise<void>,
  ): Promise<boolean> {
    return this.#receiving(source, async (receiver, client) => {
      if ((await this.#peekOne(receiver, sequenceNumber)) === undefined) return false;
      const dead = await lockOne(receiver, sequenceNumber);
      if (!dead) throw isHeld();
      try {
        await first(dead, client);
      } catch (error) {
        await receiver.abandonMessage(dead).catch(() => undefined); // or its lock runs out
        throw error;
      }
      await receiver.completeMessage(dead);
      return true;
    });
  }

  async #peekOne(receiver: ServiceBusReceiver, wanted: bigint) {
    for await (const message of peekAll(receiver, maxLookedAt))
      if (numberOf(message) >= wanted) return numberOf(message) === wanted ? message : undefined;
    return undefined;
  }

  async #receiving<T>(
    source: DeadLetterSource,
    work: (receiver: ServiceBusReceiver, client: ServiceBusClient) => Promise<T>,
  ): Promise<T> {
    const client = this.#open();
    try {
      return await work(receiverOf(client, source, isDeadLetterQueue(source)), client);
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      await client.close().catch(() => undefined); // what was done is done
    }
  }
}
