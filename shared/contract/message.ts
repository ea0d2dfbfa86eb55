import { z } from 'zod';
import type { Attachment, Message, SystemNote } from '../domain/message.ts';
import { exactly } from './exactly.ts';
import { time } from './fields.ts';

/** A file that belongs to a message. */
export const attachment = exactly<Attachment>()(
  z.object({
    attachmentId: z.string(),
    fileName: z.string().meta({ description: 'Cleaned: safe to show, and to save under.' }),
    contentType: z.string(),
    size: z.int().meta({ description: 'Bytes.' }),
    sha256: z.string().nullable().meta({ description: 'Hex digest that the sender announced.' }),
    availableAt: time
      .nullable()
      .meta({ description: 'When its bytes had been found good. Null: it cannot be fetched yet.' }),
  }),
);

/** What happened, of a message that the system put into the log. */
const systemNote = exactly<SystemNote>()(
  z.discriminatedUnion('event', [
    z.object({ event: z.literal('member.added'), userIds: z.array(z.string()) }),
    z.object({ event: z.enum(['member.removed', 'member.left']), userId: z.string() }),
    z.object({ event: z.literal('member.updated'), userId: z.string(), role: z.string() }),
    z.object({ event: z.literal('conversation.updated'), title: z.string().nullable() }),
  ]),
);

/** Of the examples in the document. */
const example: Message = {
  messageId: 'm-5cXo2Kq8Zr1v7nY4TfPsW0aJ',
  conversationId: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  seq: 42,
  senderId: 'ann',
  clientMessageId: '7f9c0d52-6f43-4c0b-9f8e-0d8c7f6a1b2c',
  type: 'text',
  system: null,
  messageText: 'Hello, Bob!',
  attachment: null,
  attachmentUrl: null,
  forwardedFrom: null,
  replyTo: null,
  mentions: [],
  reactions: [],
  pinned: false,
  createdAt: '2026-01-02T03:04:05.678Z',
  editedAt: null,
  deletedAt: null,
  expiresAt: null,
  status: 'delivered',
  deliveredAt: '2026-01-02T03:04:06.012Z',
  readAt: null,
};

/** A message as clients see it. */
export const message = exactly<Message>()(
  z.object({
    messageId: z.string(),
    conversationId: z.string(),
    seq: z
      .int()
      .min(1)
      .meta({ description: 'Its place in the conversation: 1, 2, 3 … without a hole, for ever.' }),
    senderId: z.string(),
    clientMessageId: z.string(),
    type: z.enum(['text', 'image', 'file', 'system']),
    system: systemNote.nullable().meta({ description: 'With `type: system`: what happened.' }),
    messageText: z
      .string()
      .nullable()
      .meta({ description: 'Null: there is none, or the message was deleted or has expired.' }),
    attachment: attachment.nullable(),
    attachmentUrl: z.string().nullable(),
    forwardedFrom: z
      .object({ senderId: z.string().meta({ description: 'Who wrote it.' }) })
      .nullable()
      .meta({ description: 'Of a message that was forwarded. It cannot be edited.' }),
    replyTo: z.string().nullable(),
    mentions: z.array(z.string()),
    reactions: z.array(z.object({ emoji: z.string(), userIds: z.array(z.string()) })),
    pinned: z.boolean(),
    createdAt: time.meta({ description: 'When it got its place; never earlier than the message before it.' }),
    editedAt: time.nullable(),
    deletedAt: time.nullable(),
    expiresAt: time.nullable(),
    status: z.enum(['accepted', 'sent', 'delivered', 'read']).meta({
      description: 'How far it has come among those it is for: the slowest of them decides.',
    }),
    deliveredAt: time.nullable(),
    readAt: time.nullable(),
  }),
).meta({ id: 'Message', description: 'A message as clients see it.', example });
