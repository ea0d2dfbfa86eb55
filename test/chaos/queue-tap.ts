import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusReceivedMessage,
  type ServiceBusSender,
} from '@azure/service-bus';
import type { Random } from './random.ts';

/** A message that the app has not settled yet. */
interface Waiting {
  to: string;
  message: ServiceBusReceivedMessage;
  /** Nothing of its session was before it. */
  isFirst: boolean;
}

const lookMs = 20;
const mostPeeked = 100;
/** So many old ones are kept to be brought again much later. */
const mostKept = 200;
const mostCopies = 4;
/** Copies wait in their session like all else; of more, the queue would be what is slow. */
const mostCopied = 20;

/** What can never be worked off, in the place of a message of a conversation. */
const poisons: readonly ((conversationId: string, mark: string) => unknown)[] = [
  (_, mark) => `{ "v": 1, "kind": "message", ${mark}`,
  (conversationId, mark) => ({ v: 99, kind: 'message', traceparent: '', mark, message: { conversationId } }),
  (_, mark) => ({ v: 1, kind: 'surprise', mark }),
  (_, mark) => ['not', 'an', 'envelope', mark],
  (conversationId, mark) => ({
    ...{ v: 1, kind: 'message', traceparent: '' },
    message: {
      ...{ messageId: mark, conversationId: `g-${conversationId.slice(2)}`, senderId: 'nobody' },
      ...{ clientMessageId: mark, messageText: mark, directMembers: null, attachment: null },
      ...{ attachmentUrl: null, acceptedAt: new Date().toISOString() },
    },
  }),
];

/** A way to the queues past the app: looks at what waits, brings copies of it, and what nobody ever sent. */
export class QueueTap {
  readonly #connectionString: string;
  readonly #client: ServiceBusClient;
  readonly #random: Random;
  /** Of each queue the first message there was: what waits comes behind it. */
  readonly #first = new Map<string, NonNullable<ServiceBusReceivedMessage['sequenceNumber']>>();
  readonly #senders = new Map<string, ServiceBusSender>();
  #kept: Waiting[] = [];

  constructor(connectionString: string, random: Random) {
    this.#connectionString = connectionString;
    this.#client = new ServiceBusClient(connectionString);
    this.#random = random;
  }

  /** What waits, or is being worked on, until `signal` is aborted. */
  async collect(signal: AbortSignal): Promise<Waiting[]> {
    const found = new Map<string, Waiting>();
    while (!signal.aborted) {
      for (const waiting of await this.#waiting()) {
        const name = `${waiting.to} ${String(waiting.message.messageId)}`;
        if (waiting.isFirst || !found.has(name)) found.set(name, waiting);
      }
      await delay(lookMs);
    }
    return [...found.values()];
  }

  /**
   * Brings copies under ids of their own, which duplicate detection lets through: to the same session, behind what is there;
   * of what nothing was before, to other sessions too, where they are worked on at once. And one or two from long before.
   */
  async copy(collected: readonly Waiting[]): Promise<void> {
    const old = this.#random.shuffled(this.#kept).slice(0, 2 * mostCopies);
    const chosen = this.#random.shuffled(collected).slice(0, mostCopied);
    for (const waiting of [...chosen, ...old])
      for (let n = this.#random.between(1, mostCopies); n > 0; n--)
        await this.#bring(waiting, waiting.isFirst || old.includes(waiting));
    this.#kept = [...this.#kept, ...chosen].slice(-mostKept);
  }

  /** Puts something impossible into a conversation. @returns by what to know it */
  async poison(conversationId: string): Promise<string> {
    const mark = `poison-${randomUUID()}`;
    const body = this.#random.pick(poisons)(conversationId, mark);
    await this.#send(conversationId.startsWith('g-') ? 'chat-topic' : 'chat-queue', {
      ...{ body, sessionId: conversationId, messageId: mark },
      contentType: 'application/json',
    });
    return mark;
  }

  /** What was put aside, each as text. */
  async parked(): Promise<string[]> {
    // Receivers of one client share the place up to which they have peeked.
    const client = new ServiceBusClient(this.#connectionString);
    const receiver = client.createReceiver('chat-deadletter');
    const texts: string[] = [];
    for (;;) {
      const peeked = await receiver.peekMessages(mostPeeked);
      if (peeked.length === 0) break;
      texts.push(...peeked.map(({ body }) => JSON.stringify(body)));
    }
    await client.close();
    return texts;
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  async #waiting(): Promise<Waiting[]> {
    const receivers = [
      { to: 'chat-queue', receiver: this.#client.createReceiver('chat-queue') },
      { to: 'chat-topic', receiver: this.#client.createReceiver('chat-topic', 'chat-subscription') },
    ];
    const found: Waiting[] = [];
    for (const { to, receiver } of receivers) {
      const sessions = new Set<string | undefined>();
      const fromSequenceNumber = this.#first.get(to);
      const peeked = await receiver.peekMessages(mostPeeked, fromSequenceNumber && { fromSequenceNumber });
      for (const message of peeked) {
        if (message.sequenceNumber && !this.#first.has(to)) this.#first.set(to, message.sequenceNumber);
        found.push({ to, message, isFirst: !sessions.has(message.sessionId) });
        sessions.add(message.sessionId);
      }
      await receiver.close();
    }
    return found;
  }

  #bring({ to, message }: Waiting, mayGoElsewhere: boolean): Promise<void> {
    const isElsewhere = mayGoElsewhere && this.#random.chance(0.5);
    return this.#send(to, {
      ...{ body: message.body as unknown, messageId: `copy-${randomUUID()}` },
      sessionId: isElsewhere ? `elsewhere-${randomUUID()}` : (message.sessionId ?? ''),
      ...(message.contentType !== undefined && { contentType: message.contentType }),
      ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
    });
  }

  async #send(to: string, message: ServiceBusMessage): Promise<void> {
    const sender = this.#senders.get(to) ?? this.#client.createSender(to);
    this.#senders.set(to, sender);
    await sender.sendMessages(message);
  }
}
