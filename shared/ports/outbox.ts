import type { AcceptedChange } from '../domain/change.ts';
import type { ErasurePiece, JobMessage } from '../domain/job.ts';
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

/** Asks to look whether others have to be told that a user came or went. */
export interface PresenceLook {
  userId: string;
  /** The connection that came or went; with `occasion` it names this look. */
  connectionId: string;
  occasion: 'came' | 'went';
}

/**
 * The way into the queues. Each call resolves when the queue holds the message durably, and fails with `unavailable`
 * when that is not known within ten seconds: the queue may hold it then, for its answer may be what was lost.
 */
export interface Outbox {
  enqueue(message: AcceptedMessage, tracing: Tracing): Promise<void>;

  /** A change goes the way of the messages of its conversation: it cannot overtake what it changes. */
  enqueueChange(change: AcceptedChange, tracing: Tracing): Promise<void>;

  /** What is to be erased in a conversation waits for its turn behind what was accepted before. */
  enqueueErasure(piece: ErasurePiece, tracing: Tracing): Promise<void>;

  /** Steps of one job are worked off one by one. Asking for the same again is one. @param hours until it is due */
  enqueueJob(message: JobMessage, tracing: Tracing, hours?: number): Promise<void>;

  /** Schedules a check; several for one user (or all) and conversation within a window are one. */
  scheduleCheck(check: DeliveryCheck, tracing: Tracing): Promise<void>;

  /** Schedules a look; asking for the same again is one. @param seconds until it is due */
  scheduleLook(look: PresenceLook, seconds: number): Promise<void>;

  /** Puts aside what can never succeed, for operators to see. */
  park(body: unknown, reason: { code: string; detail: string }, tracing: Tracing): Promise<void>;
}
