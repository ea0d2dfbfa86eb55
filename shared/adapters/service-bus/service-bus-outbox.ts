import { createHash, randomUUID } from 'node:crypto';
import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus';
import type { z } from 'zod';
import {
  envelopeVersion,
  type checkEnvelope,
  type conversationEnvelope,
  type jobEnvelope,
} from '../../contract/queue.ts';
import { deliveryCheckId, isGroup, jobStepId, presenceLookId } from '../../domain/identifiers.ts';
import type { AcceptedChange } from '../../domain/change.ts';
import type { ErasurePiece, JobMessage } from '../../domain/job.ts';
import type { AcceptedMessage } from '../../domain/message.ts';
import { traceIdOf } from '../../domain/trace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeliveryCheck, Outbox, PresenceLook, Tracing } from '../../ports/outbox.ts';
import { BatchingSender } from './batching-sender.ts';
import { ServiceBusConnections } from './service-bus-connections.ts';

/** The queues and topics of the app, as `infra/service-bus.json` declares them. */
const entities = {
  direct: 'chat-queue',
  groups: 'chat-topic',
  checks: 'chat-checks',
  jobs: 'chat-jobs',
  deadletter: 'chat-deadletter',
} as const;

export interface ServiceBusOutboxOptions {
  /** Longest time between a push and its delivery check. */
  deliveryCheckSeconds: number;
  /** How long one try may take; a second one follows over a new connection. Default: three seconds. */
  tryMs?: number;
}

/** Two tries and the wait before them stay under ten seconds: somebody waits for the answer. */
const defaultTryMs = 3000;

/** A clock that is off by more, from one check to the next, was set; less is how clocks are kept right. */
const jumpMs = 2000;

/** Windows begin at another moment for each conversation, or all checks of the app would fall due at once. */
const spread = (conversationId: string, windowMs: number): number =>
  createHash('sha1').update(conversationId).digest().readUInt16BE(0) % windowMs;

/**
 * Messages go through a queue (direct) or a topic (groups), one session per conversation, so that each conversation is
 * worked on in order. Delivery checks are scheduled, and single by their MessageId. What can never succeed is parked.
 *
 * Each call settles within ten seconds, whatever becomes of the connection. One that was `unavailable` may have been done
 * all the same, for its answer can be lost; doing it again is harmless, by the MessageId and the log's markers.
 */
export class ServiceBusOutbox implements Outbox {
  readonly #connections: ServiceBusConnections;
  readonly #direct: BatchingSender;
  readonly #groups: BatchingSender;
  readonly #checks: BatchingSender;
  readonly #clock: Clock;
  readonly #windowMs: number;
  #instance = randomUUID();
  /** By how much the clock is ahead of the one that nobody sets, in ms. */
  #lead: number;
  readonly #scheduled = new Map<string, number>();

  /** @param open makes a client; called again whenever a connection has failed */
  constructor(
    open: () => ServiceBusClient,
    clock: Clock,
    { deliveryCheckSeconds, tryMs = defaultTryMs }: ServiceBusOutboxOptions,
  ) {
    this.#connections = new ServiceBusConnections(open, tryMs);
    // Long enough for what waits behind a try that failed.
    this.#direct = this.#batching(entities.direct, tryMs * 1.2);
    this.#groups = this.#batching(entities.groups, tryMs * 1.2);
    // Sent with their time instead of scheduled by a request of its own, they go together as messages do: thousands at
    // once when all devices come or go.
    this.#checks = this.#batching(entities.checks, tryMs * 1.2);
    this.#clock = clock;
    this.#lead = clock.now().getTime() - performance.now();
    this.#windowMs = (deliveryCheckSeconds * 1000) / 2;
  }

  enqueue(message: AcceptedMessage, tracing: Tracing): Promise<void> {
    const { conversationId, messageId } = message;
    return this.#enqueue(conversationId, messageId, {
      v: envelopeVersion,
      kind: 'message',
      ...tracing,
      message,
    });
  }

  enqueueChange(change: AcceptedChange, tracing: Tracing): Promise<void> {
    const { conversationId, changeId } = change;
    return this.#enqueue(conversationId, changeId, {
      v: envelopeVersion,
      kind: 'change',
      ...tracing,
      change,
    });
  }

  enqueueErasure(piece: ErasurePiece, tracing: Tracing): Promise<void> {
    const { conversationId, jobId, step } = piece;
    return this.#enqueue(conversationId, jobStepId(jobId, step, 'piece'), {
      v: envelopeVersion,
      kind: 'erasure',
      ...tracing,
      piece,
    });
  }

  /** The session is the job. What begins it, goes on or tells of a piece differs, though the step may be the same. */
  async enqueueJob(job: JobMessage, tracing: Tracing, hours = 0): Promise<void> {
    const due = new Date(this.#clock.now().getTime() + hours * 3_600_000);
    const { jobId, step } = job;
    const body = { v: envelopeVersion, kind: 'job', ...tracing, job } satisfies z.input<typeof jobEnvelope>;
    await this.#connections.run(entities.jobs, (sender, options) =>
      sender.sendMessages(
        {
          body,
          contentType: 'application/json',
          sessionId: jobId,
          messageId: jobStepId(jobId, step, 'step'),
          correlationId: traceIdOf(tracing.traceparent),
          ...(hours > 0 && { scheduledEnqueueTimeUtc: due }),
        },
        options,
      ),
    );
  }

  /** The session is the conversation: what is enqueued for it is worked off in order. */
  async #enqueue(
    conversationId: string,
    messageId: string,
    body: z.input<typeof conversationEnvelope>,
  ): Promise<void> {
    const sender = isGroup(conversationId) ? this.#groups : this.#direct;
    await sender.send({
      body,
      contentType: 'application/json',
      sessionId: conversationId,
      messageId,
      correlationId: traceIdOf(body.traceparent),
    });
  }

  /**
   * A clock that was set has given checks a wrong time, perhaps an hour too late. The right ones are others: neither this
   * process nor the queue is to take them for repeats.
   */
  #noticeJump(): void {
    const lead = this.#clock.now().getTime() - performance.now();
    if (Math.abs(lead - this.#lead) > jumpMs) {
      this.#instance = randomUUID();
      this.#scheduled.clear();
    }
    this.#lead = lead;
  }

  /**
   * Checks fall due half a delay after the end of their window: whatever was pushed within the window had at least half
   * the delay to be acknowledged, at most the whole. Windows are this process's own and counted on a clock that nobody
   * sets: a window that came twice would be a repeat to the queue, which drops repeats.
   */
  async scheduleCheck(check: DeliveryCheck, tracing: Tracing): Promise<void> {
    this.#noticeJump();
    const elapsed = performance.now() + spread(check.conversationId, this.#windowMs);
    const window = Math.floor(elapsed / this.#windowMs);
    const messageId = deliveryCheckId(check.conversationId, check.userId, window, this.#instance);
    if (this.#scheduled.has(messageId)) return;
    const due = new Date(this.#clock.now().getTime() + (window + 2) * this.#windowMs - elapsed);
    const message: ServiceBusMessage = {
      body: { v: envelopeVersion, kind: 'check', ...tracing, check } satisfies z.input<typeof checkEnvelope>,
      contentType: 'application/json',
      messageId,
      correlationId: traceIdOf(tracing.traceparent),
    };
    await this.#checks.send({ ...message, scheduledEnqueueTimeUtc: due });
    this.#remember(messageId, window);
  }

  async scheduleLook({ userId, connectionId, occasion }: PresenceLook, seconds: number): Promise<void> {
    const message: ServiceBusMessage = {
      body: { v: envelopeVersion, kind: 'presence', traceparent: '', userId } satisfies z.input<
        typeof checkEnvelope
      >,
      contentType: 'application/json',
      messageId: presenceLookId(userId, connectionId, occasion),
    };
    const due = new Date(this.#clock.now().getTime() + seconds * 1000);
    await this.#checks.send(seconds > 0 ? { ...message, scheduledEnqueueTimeUtc: due } : message);
  }

  async park(
    body: unknown,
    { code, detail }: { code: string; detail: string },
    tracing: Tracing,
  ): Promise<void> {
    const message: ServiceBusMessage = {
      body: body ?? null,
      contentType: 'application/json',
      applicationProperties: {
        reason: code,
        detail: detail.slice(0, 1024),
        parkedAt: this.#clock.now().toISOString(),
      },
      correlationId: traceIdOf(tracing.traceparent),
    };
    await this.#connections.run(entities.deadletter, (sender, options) =>
      sender.sendMessages(message, options),
    );
  }

  /** Finishes what is under way and closes all connections. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  #batching(entity: string, maxWaitMs: number): BatchingSender {
    return new BatchingSender(
      (messages) =>
        this.#connections.run(entity, (sender, options) => {
          const [only] = messages;
          return sender.sendMessages(messages.length === 1 && only ? only : messages, options);
        }),
      { maxWaitMs },
    );
  }

  /** What this instance has scheduled in this window need not be sent again. */
  #remember(messageId: string, window: number): void {
    for (const [id, since] of this.#scheduled) {
      if (since >= window) break;
      this.#scheduled.delete(id);
    }
    this.#scheduled.set(messageId, window);
  }
}
