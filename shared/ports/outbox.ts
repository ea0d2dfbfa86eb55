import type { AcceptedMessage } from '../domain/message.ts';

/** What a Service Bus-triggered function is told besides the message. */
export interface Tracing {
  /** W3C trace context of the request that caused it. */
  traceparent: string;
}

/** Asks to look once more whether what was pushed has arrived. */
export interface DeliveryCheck {
  conversationId: string;
  /** Whom to look at; null: every member. */
  userId: string | null;
}

/**
 * The way into the queues. Each call resolves when the queue holds the message durably, and fails with `unavailable`
 * when that is not known within ten seconds: the queue may hold it then, for its answer may be what was lost.
 */
export interface Outbox {
  enqueue(message: AcceptedMessage, tracing: Tracing): Promise<void>;

  /** Schedules a check; several for one user (or all) and conversation within a window are one. */
  scheduleCheck(check: DeliveryCheck, tracing: Tracing): Promise<void>;

  /** Puts aside what can never succeed, for operators to see. */
  park(body: unknown, reason: { code: string; detail: string }, tracing: Tracing): Promise<void>;
}
