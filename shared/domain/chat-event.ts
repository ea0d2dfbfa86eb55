import type { ConversationType } from './conversation.ts';
import { chatEventId, isGroup } from './identifiers.ts';
import type { ChangeEvent } from './event.ts';
import { asMessage, type LoggedMessage } from './message.ts';

/** What other services are told of. */
export const chatEventTypes = [
  'message.sent',
  'message.updated',
  'message.deleted',
  'message.pinned',
  'message.unpinned',
  'reaction.added',
  'reaction.removed',
  'attachment.available',
  'conversation.created',
  'conversation.updated',
  'member.added',
  'member.removed',
  'member.updated',
] as const;

export type ChatEventType = (typeof chatEventTypes)[number];

/** Where something stands in its conversation (a message by its seq, a change by its rev), and what belongs to its type. */
export interface ChatEventData {
  seq?: number | undefined;
  rev?: number | undefined;
  conversationType: ConversationType;
  memberCount: number;
  [more: string]: unknown;
}

/** Something that happened in a conversation, as other services are told of it. */
export interface ChatEvent {
  /** A pure function of what happened: whoever is told twice can know. */
  id: string;
  type: ChatEventType;
  conversationId: string;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  data: ChatEventData;
}

/**
 * Makes an event.
 * @param key what tells it from others of its type in its conversation: a message's id, or the rev of a change
 * @param data what belongs to its type
 */
const chatEvent = (
  type: ChatEventType,
  key: string | number,
  at: { conversationId: string; at: string },
  data: { memberCount: number; seq?: number; rev?: number } & Record<string, unknown>,
): ChatEvent => ({
  id: chatEventId(type, at.conversationId, key),
  type,
  ...at,
  data: { conversationType: isGroup(at.conversationId) ? 'group' : 'direct', ...data },
});

/** A message has got its place. */
export const messageSent = (message: LoggedMessage, memberCount: number): ChatEvent =>
  chatEvent(
    'message.sent',
    message.messageId,
    { conversationId: message.conversationId, at: message.createdAt },
    { seq: message.seq, memberCount, message: asMessage(message) },
  );

/** Something that was there has changed. */
export const changeHappened = (
  { type, conversationId, at, ...change }: ChangeEvent,
  memberCount: number,
): ChatEvent => chatEvent(type, change.rev, { conversationId, at }, { ...change, memberCount });
