import type { RejectionReason } from './moderation.ts';
import type { ChangeRecord, LoggedChange } from './change.ts';
import type { ChatErrorCode } from './errors.ts';
import { asMessage, shownAt, type LoggedMessage, type Message } from './message.ts';

interface Told {
  conversationId: string;
  rev: number;
  at: string;
  by: string;
}

/** `message` comes with an update, as it then is. */
type ToldChange<R> = R extends { type: 'message.updated' }
  ? R & Told & { message?: Message }
  : R extends ChangeRecord
    ? R & Told
    : never;

/** A change of what is already in a conversation. */
export type ChangeEvent = ToldChange<ChangeRecord>;

/** What a client is sent over its socket: flat, told apart by `type`. */
export type ServerEvent =
  | ChangeEvent
  | {
      type: 'change.rejected';
      at: string;
      conversationId: string;
      changeId: string;
      code: string;
      inboxId: string;
    }
  | { type: 'connected'; at: string; userId: string; conversations: string[] }
  | {
      type: 'typing';
      at: string;
      conversationId: string;
      userId: string;
      isTyping: boolean;
      expiresAt: string;
    }
  | { type: 'presence'; at: string; userId: string; online: boolean; lastSeenAt: string | null }
  | { type: 'conversation.created'; at: string; conversationId: string; by: string }
  | { type: 'conversation.archived'; at: string; conversationId: string; archivedAt: string | null }
  | {
      type: 'conversation.muted';
      at: string;
      conversationId: string;
      muted: boolean;
      mutedUntil: string | null;
    }
  | {
      type: 'message.created';
      at: string;
      conversationId: string;
      seq: number;
      message: Message;
      /** Under which trace it was pushed. */
      traceparent?: string | undefined;
    }
  | {
      type: 'message.rejected';
      at: string;
      conversationId: string;
      clientMessageId: string;
      code: string;
      /** The row that keeps it in the inbox. */
      inboxId: string;
    }
  | {
      type: 'receipt.delivered' | 'receipt.read';
      at: string;
      conversationId: string;
      userId: string;
      upToSeq: number;
    }
  | {
      type: 'ack';
      at: string;
      ref: string | number | null;
      ok: boolean;
      messageId?: string;
      conversationId?: string;
      /** Where the bytes of its attachment are wanted. */
      attachment?: { attachmentId: string; uploadUrl: string; expiresAt: string };
      error?: EventError;
    }
  | { type: 'pong'; at: string; ref: string | number | null }
  | { type: 'error'; at: string; code: EventErrorCode; message: string; ref: string | number | null };

/** Over a socket everything can go wrong that can over HTTP; a bug is `internal-error`. */
export type EventErrorCode = ChatErrorCode | 'unknown-event' | 'internal-error';

export interface EventError {
  code: EventErrorCode;
  message: string;
  /** Seconds; with `rate-limited` and `unavailable`. */
  retryAfter?: number;
  errors?: { pointer: string; detail: string }[];
  /** With `message-rejected`. */
  reason?: RejectionReason;
}

/** Tells clients of a message that has got its place, as it may be shown at a time. */
export const createdEvent = (message: LoggedMessage, now: Date): ServerEvent => ({
  type: 'message.created',
  at: message.createdAt,
  conversationId: message.conversationId,
  seq: message.seq,
  message: asMessage(shownAt(message, now)),
});

/** Tells clients of a change that has got its place. @param message of `message.updated` */
export const changeEvent = (
  conversationId: string,
  change: LoggedChange,
  message: Message | undefined,
): ChangeEvent =>
  change.type === 'message.updated'
    ? { ...change, conversationId, ...(message && { message }) }
    : { ...change, conversationId };
