import { randomUUID } from 'node:crypto';
import {
  ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { maskSecrets } from '../inspection/mask.ts';
import { ConsoleError } from './errors.ts';

/** A queue or a subscription with what lies in it. */
export interface EntityRow {
  /** `queue`, or `topic/subscription`. */
  readonly path: string;
  readonly kind: 'queue' | 'subscription';
  readonly active: number;
  readonly scheduled: number;
  readonly deadLetters: number;
}

/** A message without its content. */
export interface MessageRow {
  readonly sequenceNumber: string;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly correlationId: string | undefined;
  readonly subject: string | undefined;
  readonly enqueuedAt: string | undefined;
  readonly deliveryCount: number;
  readonly state: string;
  readonly deadLetterReason: string | undefined;
  readonly deadLetterDescription: string | undefined;
}

const maxPeeked = 100;
const maxSearched = 10_000;
const maxBodyLength = 65_536;

/** What a broker that is asked in a moment of quiet answers within. */
const receiveWaitMs = 2000;

/** Queues and subscriptions, through Azure's own SDK: nothing here is particular to the local broker. */
export class Broker {
  readonly #connectionString: string;
  readonly #administration: ServiceBusAdministrationClient;

  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    this.#administration = new ServiceBusAdministrationClient(connectionString);
    // The SDK's administration client knows https only; the local broker's administration is plain http.
    const { pipeline } = this.#administration;
    pipeline.addPolicy({
      name: 'plainHttp',
      sendRequest: (request, next) => {
        request.url = request.url.replace(/^https:/, 'http:');
        request.allowInsecureConnection = true;
        return next(request);
      },
    });
  }

  async list(): Promise<EntityRow[]> {
    const rows: EntityRow[] = [];
    for await (const queue of this.#administration.listQueuesRuntimeProperties()) {
      const { activeMessageCount, scheduledMessageCount, deadLetterMessageCount } = queue;
      const counts = { active: activeMessageCount, scheduled: scheduledMessageCount };
      rows.push({ path: queue.name, kind: 'queue', ...counts, deadLetters: deadLetterMessageCount });
    }
    for await (const { name } of this.#administration.listTopics()) {
      for await (const each of this.#administration.listSubscriptionsRuntimeProperties(name)) {
        const path = `${name}/${each.subscriptionName}`;
        const counts = { active: each.activeMessageCount, deadLetters: each.deadLetterMessageCount };
        rows.push({ path, kind: 'subscription', scheduled: 0, ...counts });
      }
    }
    return rows;
  }

  /** The first hundred, oldest first; nothing is locked or counted. */
  async peek(path: string, isDead: boolean): Promise<MessageRow[]> {
    return this.#receiving(path, isDead, async (receiver) => {
      return (await receiver.peekMessages(maxPeeked)).map(rowOf);
    });
  }

  /** The content of one message, its secrets masked. @throws ConsoleError 404 */
  async read(path: string, isDead: boolean, sequenceNumber: string): Promise<object> {
    return this.#receiving(path, isDead, async (receiver) => {
      const message = await peekOne(receiver, sequenceNumber);
      const { applicationProperties } = message;
      const body = maskSecrets(textOf(message.body)).slice(0, maxBodyLength);
      const properties = JSON.parse(maskSecrets(JSON.stringify(applicationProperties ?? {}))) as object;
      return { ...rowOf(message), contentType: message.contentType, properties, body };
    });
  }

  /**
   * Sends a dead letter to where it came from and takes it out of the dead-letter queue, in this order: should the second
   * fail it is there twice. It gets a message id of its own, for its first one may still count as a duplicate. A
   * subscription's goes to its topic, and so to all of its subscriptions.
   *
   * @throws ConsoleError 404 when it is not there (any more), 409 when another receiver holds it
   */
  async resubmit(path: string, sequenceNumber: string): Promise<{ messageId: string }> {
    return this.#receiving(path, true, async (receiver, client) => {
      await peekOne(receiver, sequenceNumber);
      const message = await lockOne(receiver, sequenceNumber);
      const again = copyOf(message);
      await client.createSender(path.split('/', 1)[0] ?? path).sendMessages(again);
      await receiver.completeMessage(message);
      return { messageId: again.messageId };
    });
  }

  /** With a client of its own: receivers of one client share the place up to which they have peeked. */
  async #receiving<T>(
    path: string,
    isDead: boolean,
    work: (receiver: ServiceBusReceiver, client: ServiceBusClient) => Promise<T>,
  ): Promise<T> {
    const client = new ServiceBusClient(this.#connectionString);
    const [name = '', subscription] = path.split('/');
    const options = isDead ? ({ subQueueType: 'deadLetter' } as const) : {};
    const receiver =
      subscription === undefined
        ? client.createReceiver(name, options)
        : client.createReceiver(name, subscription, options);
    try {
      return await work(receiver, client);
    } catch (error) {
      const isUnknown = (error as { code?: string }).code === 'MessagingEntityNotFound';
      throw isUnknown ? new ConsoleError(404, `There is no queue or subscription ${path}.`) : error;
    } finally {
      await client.close();
    }
  }
}

/** Looks from the beginning on: each peek goes on where the one before it ended. */
async function peekOne(
  receiver: ServiceBusReceiver,
  sequenceNumber: string,
): Promise<ServiceBusReceivedMessage> {
  for (let seen = 0; seen < maxSearched; seen += maxPeeked) {
    const page = await receiver.peekMessages(maxPeeked);
    const found = page.find((message) => message.sequenceNumber?.toString() === sequenceNumber);
    if (found !== undefined) return found;
    if (page.length === 0) break;
  }
  throw new ConsoleError(404, 'This message is not there any more.');
}

/** Locks messages until it has the one; gives the others back, which in a dead-letter queue counts no delivery. */
async function lockOne(
  receiver: ServiceBusReceiver,
  sequenceNumber: string,
): Promise<ServiceBusReceivedMessage> {
  const others: ServiceBusReceivedMessage[] = [];
  try {
    for (;;) {
      const received = await receiver.receiveMessages(maxPeeked, { maxWaitTimeInMs: receiveWaitMs });
      if (received.length === 0) throw new ConsoleError(409, 'Another receiver holds this message just now.');
      const found = received.find((message) => message.sequenceNumber?.toString() === sequenceNumber);
      others.push(...received.filter((message) => message !== found));
      if (found !== undefined) return found;
    }
  } finally {
    for (const message of others) await receiver.abandonMessage(message);
  }
}

function copyOf(message: ServiceBusReceivedMessage): ServiceBusMessage & { messageId: string } {
  const { contentType, correlationId, sessionId, subject, to, replyTo } = message;
  const {
    DeadLetterReason: _,
    DeadLetterErrorDescription: __,
    ...applicationProperties
  } = message.applicationProperties ?? {};
  const fields = { contentType, correlationId, sessionId, subject, to, replyTo };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    body: message.body as unknown,
    applicationProperties,
    messageId: randomUUID(),
  };
}

function rowOf(message: ServiceBusReceivedMessage): MessageRow {
  const { sessionId, subject, enqueuedTimeUtc, deliveryCount = 0, state } = message;
  return {
    sequenceNumber: message.sequenceNumber?.toString() ?? '',
    messageId: String(message.messageId ?? ''),
    sessionId,
    correlationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    subject,
    enqueuedAt: enqueuedTimeUtc?.toISOString(),
    deliveryCount,
    state,
    deadLetterReason: message.deadLetterReason,
    deadLetterDescription: message.deadLetterErrorDescription,
  };
}

function textOf(body: unknown): string {
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2);
}
