import type { ChangeEvent, ServerEvent } from '../shared/domain/event.ts';
import type { Message } from '../shared/domain/message.ts';
import type { ConnectionState } from './connection.ts';
import type { ParleyError } from './errors.ts';
import type { PendingMessage } from './outbox.ts';

/** What is told of messages, people and the connection. */
export interface ChatEvents {
  /** A message has got its place: each once, in the order of its conversation; your own, too. */
  message: Message;
  /** A message that is here was edited, deleted, restored, reacted to or pinned. */
  'message.changed': { message: Message; change: ChangeEvent };
  /** A message of this device waits, was accepted, or has failed for good. */
  'message.pending': PendingMessage;
  /** The service accepted a message of yours, and refused it later. */
  'message.rejected': { conversationId: string; clientMessageId: string; code: string };
  /** The service accepted a change of yours, and refused it later. */
  'change.rejected': { conversationId: string; changeId: string; code: string };
  /** A member has got, or read, everything up to a place. */
  receipt: { conversationId: string; userId: string; kind: 'delivered' | 'read'; upToSeq: number };
  /** Somebody began or stopped typing. */
  typing: { conversationId: string; userId: string; isTyping: boolean };
  /** Somebody you share a conversation with came or went. */
  presence: { userId: string; online: boolean; lastSeenAt: string | null };
  /** The connection has changed. */
  connection: ConnectionState;
  /** Something failed in the background. What can be tried again, is. */
  error: ParleyError;
  /** Everything that the service sends, as it comes: repeated, and in any order. */
  event: ServerEvent;
}
