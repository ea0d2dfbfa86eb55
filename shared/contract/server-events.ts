import { z } from 'zod';
import type { ChangeEvent, ServerEvent } from '../domain/event.ts';
import { roleName } from './conversations.ts';
import { exactly } from './exactly.ts';
import { time } from './fields.ts';
import { message } from './message.ts';
import { eventError, eventErrorCode } from './problem.ts';
import { uploadOffer } from './send-message.ts';

/** `message.created` is `MessageCreatedEvent` in the document. */
const idOf = (type: string): string =>
  `${type.replace(/(?:^|\.)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;

const event = <const T extends string, S extends z.ZodRawShape>(type: T, description: string, shape: S) =>
  z.object({ type: z.literal(type), at: time, ...shape }).meta({ id: idOf(type), description });

const id = z.string();
const seq = z.int().min(0);
const ref = z
  .union([z.string(), z.number()])
  .nullable()
  .meta({ description: 'Of the event of yours that this answers.' });

const rev = z
  .int()
  .min(1)
  .meta({ description: 'The place of the change in its conversation: 1, 2, 3 … without a hole.' });

const change = { conversationId: id, rev, by: id.meta({ description: 'Who did it.' }) };
const ofMessage = { ...change, messageId: id, seq: z.int().min(1) };
const reaction = { ...ofMessage, emoji: z.string(), userId: id };

/** What changed in a conversation, as it is told live and by `GET …/changes`. */
const changeEvents = [
  event('message.updated', 'A message was edited, or restored after it was deleted.', {
    ...ofMessage,
    message: z.exactOptional(message).meta({ description: 'As it now is.' }),
  }),
  event('message.deleted', 'A message was deleted: show its content no more.', ofMessage),
  event('message.pinned', 'A message was pinned.', ofMessage),
  event('message.unpinned', 'A message is no longer pinned.', ofMessage),
  event('reaction.added', 'Somebody reacted to a message.', reaction),
  event('reaction.removed', 'Somebody took a reaction back.', reaction),
  event('attachment.available', 'The attachment of a message was found good: it can be fetched now.', {
    ...ofMessage,
    attachmentId: id,
  }),
  event('conversation.updated', 'The settings of a conversation changed.', {
    ...change,
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
  }),
  event('member.added', 'Users joined a conversation; you may be among them.', {
    ...change,
    userIds: z.array(id),
    role: roleName,
  }),
  event('member.removed', 'A member left a conversation, or was removed; it may be you.', {
    ...change,
    userId: id,
  }),
  event('member.updated', 'The role of a member changed.', { ...change, userId: id, role: roleName }),
] as const;

export const changeEvent = exactly<ChangeEvent>()(z.discriminatedUnion('type', changeEvents));

/** What a client is sent over its socket: one schema for each `type`. */
export const serverEvents = [
  event('connected', 'You are connected; what came while you were away is in the inbox.', {
    userId: id,
    conversations: z.array(id).meta({ description: 'Ids of your conversations.' }),
  }),
  event('message.created', 'A message has got its place. Acknowledge it with `receipt.delivered`.', {
    conversationId: id,
    seq,
    message,
    traceparent: z.string().optional().meta({
      description: 'Where traces are recorded; a receipt that repeats it goes under the same.',
    }),
  }),
  event(
    'message.rejected',
    'A message of yours was accepted, but could not be delivered, and never will be.',
    {
      conversationId: id,
      clientMessageId: id,
      code: z.string().meta({ example: 'not-a-member' }),
      inboxId: z.string().meta({ description: 'Under which it waits in the inbox, to be acknowledged.' }),
    },
  ),
  event('change.rejected', 'A change of yours was accepted, but could not be made, and never will be.', {
    conversationId: id,
    changeId: id,
    code: z.string().meta({ example: 'not-permitted' }),
    inboxId: z.string().meta({ description: 'Under which it waits in the inbox, to be acknowledged.' }),
  }),
  ...changeEvents,
  event('receipt.delivered', 'Everything up to a place has reached a member.', {
    conversationId: id,
    userId: id,
    upToSeq: seq,
  }),
  event('receipt.read', 'A member has read everything up to a place.', {
    conversationId: id,
    userId: id,
    upToSeq: seq,
  }),
  event('typing', 'A member is typing, or has stopped.', {
    conversationId: id,
    userId: id,
    isTyping: z.boolean(),
    expiresAt: time.meta({ description: 'When it ends by itself.' }),
  }),
  event('presence', 'Somebody you share a conversation with came or went.', {
    userId: id,
    online: z.boolean(),
    lastSeenAt: time.nullable(),
  }),
  event('conversation.created', 'You are in a new conversation.', { conversationId: id, by: id }),
  event('conversation.archived', 'You archived a conversation on one of your devices, or took it back.', {
    conversationId: id,
    archivedAt: time.nullable().meta({ description: 'Null: it is in your list again.' }),
  }),
  event('conversation.muted', 'You muted a conversation on one of your devices, or took that back.', {
    conversationId: id,
    muted: z.boolean(),
    mutedUntil: time.nullable(),
  }),
  event('ack', 'Answers an event of yours that has a `ref`.', {
    ref,
    ok: z.boolean(),
    messageId: z.exactOptional(id).meta({ description: 'Of `message.send`.' }),
    conversationId: z.exactOptional(id).meta({ description: 'Of `message.send`.' }),
    attachment: z.exactOptional(uploadOffer),
    error: z.exactOptional(eventError).meta({ description: 'Why not, if not `ok`.' }),
  }),
  event('pong', 'Answers `ping`.', { ref }),
  event('error', 'There is no event of that name.', {
    code: eventErrorCode.meta({ example: 'unknown-event' }),
    message: z.string().meta({ example: 'There is no event of that name.' }),
    ref,
  }),
] as const;

/** Any of them; an event of the domain that is not among them does not compile here. */
export const serverEvent = exactly<ServerEvent>()(z.discriminatedUnion('type', serverEvents));
