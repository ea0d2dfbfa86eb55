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
  'conversation.created',
  'conversation.updated',
  'member.added',
  'member.removed',
  'member.updated',
] as const;

export type ChatEventType = (typeof chatEventTypes)[number];

/** Where something stands in its conversation: a message by its seq, a change by its rev. */
export type Place = { seq: number } | { rev: number };

/** Something that happened in a conversation, as other services are told of it. */
export interface ChatEvent {
  /** A pure function of what happened: whoever is told twice can know. */
  id: string;
  type: ChatEventType;
  conversationId: string;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  data: Place & Record<string, unknown> & { conversationType: ConversationType; memberCount: number };
}

/**
 * Makes an event.
 * @param key what tells it from others of its type in its conversation: a message's id, or the rev of a change
 * @param data what belongs to its type
 */
const chatEvent = (
  type: ChatEventType,
  key: string | number,
  {
    conversationId,
    at,
    ...data
  }: { conversationId: string; at: string; memberCount: number } & Place & Record<string, unknown>,
): ChatEvent => ({
  id: chatEventId(type, conversationId, key),
  type,
  conversationId,
  at,
  data: { conversationType: isGroup(conversationId) ? 'group' : 'direct', ...data },
});

/** A message has got its place. */
export const messageSent = (message: LoggedMessage, memberCount: number): ChatEvent =>
  chatEvent('message.sent', message.messageId, {
    conversationId: message.conversationId,
    at: message.createdAt,
    seq: message.seq,
    memberCount,
    message: asMessage(message),
  });

/** Something that was there has changed. */
export const changeHappened = ({ type, ...change }: ChangeEvent, memberCount: number): ChatEvent =>
  chatEvent(type, change.rev, { ...change, memberCount });
