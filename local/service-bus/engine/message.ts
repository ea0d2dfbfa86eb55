import type { MessageContent } from '../codec/content.ts';
import type { LockToken } from '../codec/lock-token.ts';
import type { Deadline } from './deadlines.ts';
import type { BrokerError } from './errors.ts';

export type MessageState = 'active' | 'deferred' | 'scheduled';

/** One message in a queue. Times are ms since 1970. */
export interface BrokerMessage {
  sequenceNumber: number;
  /** The number it got first: in the topic, or before it was dead-lettered. */
  enqueuedSequenceNumber: number;
  enqueuedAt: number;
  deliveryCount: number;
  state: MessageState;
  content: MessageContent;
  /** Set if it was scheduled, also after it has become active. */
  scheduledFor?: number | undefined;
  expiresAt?: number | undefined;
  /** The entity a dead-lettered message comes from. */
  deadLetterSource?: string | undefined;
  lock?: Lock | undefined;
  /** What happens to it by the clock: it becomes active, or it expires. */
  deadline?: Deadline | undefined;
}

/** A receiver's right to settle one message. */
export interface Lock {
  readonly token: LockToken;
  readonly message: BrokerMessage;
  /** The receiver that got it; none if it was fetched by its sequence number. */
  readonly consumer: Consumer | undefined;
  /** For messages of a session the session's lock counts, and this is undefined. */
  until?: number | undefined;
  deadline?: Deadline | undefined;
}

/** A sender as the engine sees it. */
export interface Sender {
  /** The broker ends it: its entity was deleted. */
  end(error: BrokerError): void;
}

/** A receiver as the engine sees it. */
export interface Consumer {
  /** Received messages are gone at once: nothing is locked. */
  readonly deletesOnReceive: boolean;
  /** It takes messages of many sessions, one unsettled message of each. */
  readonly manySessions: boolean;
  /** How many deliveries it can take now. */
  capacity(): number;
  /** Hands over one message; `lock` unless it deletes on receive. */
  deliver(message: BrokerMessage, lock: Lock | undefined): void;
  /** The queue had no more for it: a drain can be answered (AMQP 1.0 §2.6.7). */
  drained(): void;
  /** The broker ends it: its session lock expired or its entity was deleted. */
  end(error: BrokerError): void;
}
