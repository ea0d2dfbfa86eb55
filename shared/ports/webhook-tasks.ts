import type { ChatEvent } from '../domain/chat-event.ts';
import type { Tracing } from './outbox.ts';

/** One event for one webhook. */
export interface EventTask {
  kind: 'event';
  webhookId: string;
  event: ChatEvent;
}

/** Looks at the events of a conversation that wait for a webhook. */
export interface WakeTask {
  kind: 'wake';
  webhookId: string;
  conversationId: string;
  wakeId: string;
}

/** Sends part of a conversation's history to a webhook, and leaves the rest to the next task. */
export interface ReplayTask {
  kind: 'replay';
  webhookId: string;
  conversationId: string;
  replayId: string;
  fromSeq: number;
  toSeq: number;
  /** Failures in a row at `fromSeq`. */
  tries: number;
  failingSince: string | null;
}

export type WebhookTask = EventTask | WakeTask | ReplayTask;

/** Work for webhooks: one task at a time, in order, for each webhook and conversation, and for each replay. */
export interface WebhookTasks {
  /**
   * Resolves once the queue holds the task durably.
   * @param at when it is due; without it, at once
   * @throws ChatError `unavailable`: the queue may hold it all the same
   */
  enqueue(task: WebhookTask, tracing: Tracing, at?: Date): Promise<void>;
}
