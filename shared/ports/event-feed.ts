import type { ChatEvent } from '../domain/chat-event.ts';
import type { Tracing } from './outbox.ts';

/** Tells other services what happened in conversations. */
export interface EventFeed {
  /**
   * Resolves once the event is durable for everybody who has subscribed. Events of a conversation that are awaited one
   * by one keep their order; telling one again is harmless, for its id is the same.
   * @throws ChatError `unavailable`: it may have been told all the same
   */
  publish(event: ChatEvent, tracing: Tracing): Promise<void>;
}
