import { randomUUID } from 'node:crypto';
import {
  isServiceBusError,
  type ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusSender,
} from '@azure/service-bus';
import { ChatError } from '../../domain/errors.ts';
import { deliveryCheckId, isGroup } from '../../domain/identifiers.ts';
import type { AcceptedMessage } from '../../domain/message.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeliveryCheck, Outbox, Tracing } from '../../ports/outbox.ts';
import { BatchingSender } from './batching-sender.ts';

/** The queues and topics of the app, as `infra/service-bus.json` declares them. */
const entities = {
  direct: 'chat-queue',
  groups: 'chat-topic',
  checks: 'chat-checks',
  deadletter: 'chat-deadletter',
} as const;

export interface ServiceBusOutboxOptions {
  /** Longest time between a push and its delivery check. */
  deliveryCheckSeconds: number;
}

const envelope = 1;

const traceIdOf = ({ traceparent }: Tracing): string | undefined => traceparent.split('-')[1];

/** Service Bus' own limits and time-outs are transient to a client; a message that is refused for good is not. */
const asUnavailable = (error: unknown): unknown =>
  isServiceBusError(error) &&
  !['MessageSizeExceeded', 'MessagingEntityNotFound', 'UnauthorizedAccess'].includes(error.code)
    ? new ChatError('unavailable', 'The queue cannot be reached just now.', {
        cause: error,
        retryAfterSeconds: 1,
      })
    : error;

/**
 * Messages go through a queue (direct) or a topic (groups), one session per conversation, so that each conversation is
 * worked on in order. Delivery checks are scheduled, and single by their MessageId. What can never succeed is parked.
 */
export class ServiceBusOutbox implements Outbox {
  readonly #direct: BatchingSender;
  readonly #groups: BatchingSender;
  readonly #checks: ServiceBusSender;
  readonly #parked: ServiceBusSender;
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #instance = randomUUID();
  readonly #scheduled = new Map<string, number>();

  constructor(client: ServiceBusClient, clock: Clock, { deliveryCheckSeconds }: ServiceBusOutboxOptions) {
    this.#direct = new BatchingSender(client.createSender(entities.direct));
    this.#groups = new BatchingSender(client.createSender(entities.groups));
    this.#checks = client.createSender(entities.checks);
    this.#parked = client.createSender(entities.deadletter);
    this.#clock = clock;
    this.#windowMs = (deliveryCheckSeconds * 1000) / 2;
  }

  async enqueue(message: AcceptedMessage, tracing: Tracing): Promise<void> {
    const sender = isGroup(message.conversationId) ? this.#groups : this.#direct;
    await this.#guard(() =>
      sender.send({
        body: { v: envelope, kind: 'message', ...tracing, message },
        contentType: 'application/json',
        sessionId: message.conversationId,
        messageId: message.messageId,
        ...this.#correlation(tracing),
      }),
    );
  }

  /**
   * Checks fall due half a delay after the end of their window: whatever was pushed within the window had at least half
   * the delay to be acknowledged, at most the whole. Windows are this process's own and counted on a clock that nobody
   * sets: a window that came twice would be a repeat to the queue, which drops repeats.
   */
  async scheduleCheck(check: DeliveryCheck, tracing: Tracing): Promise<void> {
    const elapsed = performance.now();
    const window = Math.floor(elapsed / this.#windowMs);
    const messageId = deliveryCheckId(check.conversationId, check.userId, window, this.#instance);
    if (this.#scheduled.has(messageId)) return;
    const due = new Date(this.#clock.now().getTime() + (window + 2) * this.#windowMs - elapsed);
    const message: ServiceBusMessage = {
      body: { v: envelope, kind: 'check', ...tracing, check },
      contentType: 'application/json',
      messageId,
      ...this.#correlation(tracing),
    };
    await this.#guard(() => this.#checks.scheduleMessages(message, due));
    this.#remember(messageId, window);
  }

  async park(
    body: unknown,
    { code, detail }: { code: string; detail: string },
    tracing: Tracing,
  ): Promise<void> {
    await this.#guard(() =>
      this.#parked.sendMessages({
        body: body ?? null,
        contentType: 'application/json',
        applicationProperties: {
          reason: code,
          detail: detail.slice(0, 1024),
          parkedAt: this.#clock.now().toISOString(),
        },
        ...this.#correlation(tracing),
      }),
    );
  }

  #correlation(tracing: Tracing): { correlationId?: string } {
    const traceId = traceIdOf(tracing);
    return traceId === undefined ? {} : { correlationId: traceId };
  }

  /** What this instance has scheduled in this window need not be sent again. */
  #remember(messageId: string, window: number): void {
    for (const [id, since] of this.#scheduled) {
      if (since >= window) break;
      this.#scheduled.delete(id);
    }
    this.#scheduled.set(messageId, window);
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}
