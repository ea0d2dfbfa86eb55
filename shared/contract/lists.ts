import { z } from 'zod';
import type { Rejection } from '../domain/rejection.ts';
import { conversationView } from './conversations.ts';
import { exactly } from './exactly.ts';
import { listOf, nextCursor, optional, pageLimit, queryNumber, time } from './fields.ts';
import { message } from './message.ts';

const count = z.int().min(0);

/** `GET /api/conversations/{id}/messages` */
export const historyQuery = z
  .object({
    before: optional(queryNumber(1)),
    after: optional(queryNumber(0)),
    around: optional(queryNumber(1)),
    page: optional(queryNumber(1)),
    pageSize: optional(queryNumber(1)),
    cursor: optional(
      z.string().regex(/^[ab]\d{1,15}$/, { error: 'must be a nextCursor of an earlier answer' }),
    ),
    limit: pageLimit(200, 50),
  })
  .refine(
    ({ before, after, around, page, cursor }) =>
      [before, after, around, page, cursor].filter((bound) => bound !== undefined).length <= 1,
    { path: ['before'], error: 'give at most one of before, after, around, page and cursor' },
  );

export type HistoryQuery = z.infer<typeof historyQuery>;

/** A page of a conversation in ascending order. */
export const historyPage = z.object({
  items: z.array(message),
  nextCursor,
  headSeq: count.meta({ description: 'The place of the newest message.' }),
  headRev: count,
  total: count,
});

export type HistoryPage = z.infer<typeof historyPage>;

/** A list in pages, such as `GET …/presence`. */
export const pageQuery = z.object({
  limit: pageLimit(200, 100),
  cursor: optional(z.string().max(2048, { error: 'must be a nextCursor of an earlier answer' })),
});

export type PageQuery = z.infer<typeof pageQuery>;

/** `GET /api/inbox` */
export const inboxQuery = z.object({
  limit: pageLimit(100, 100),
  cursor: optional(z.string().max(512, { error: 'must be a nextCursor of an earlier answer' })),
});

const refused = { conversationId: z.string(), code: z.string(), at: time };

/** What was accepted and refused later: the `message.rejected` or `change.rejected` of it. */
const rejected = exactly<Rejection>()(
  z.union([
    z.object({ ...refused, clientMessageId: z.string() }),
    z.object({ ...refused, changeId: z.string() }),
  ]),
).meta({ description: 'What you sent and was accepted, but refused later.' });

export const inboxPage = listOf(
  z.union([z.object({ inboxId: z.string(), message }), z.object({ inboxId: z.string(), rejected })]),
);

export type InboxPage = z.infer<typeof inboxPage>;

/** `POST /api/inbox/ack` */
export const inboxAck = z.object(
  {
    inboxIds: z
      .array(z.string().max(512), { error: 'must be a list of inboxIds' })
      .min(1, { error: 'must name at least one inboxId' })
      .max(100, { error: 'must name at most 100 inboxIds' }),
  },
  { error: 'must be a JSON object' },
);

export const inboxAcknowledged = z.object({
  acknowledged: count.meta({ description: 'How many of them were there.' }),
});

const flag = optional(
  z.enum(['true', 'false'], { error: 'must be true or false' }).meta({ type: 'boolean', enum: undefined }),
).transform((value) => value === 'true');

/** `GET /api/conversations` */
export const conversationsQuery = z.object({
  archived: flag,
  unreadOnly: flag,
  q: optional(z.string().trim().max(200, { error: 'must have at most 200 characters' })).transform((q) =>
    q === '' ? undefined : q,
  ),
  cursor: optional(z.string().max(128, { error: 'must be a nextCursor of an earlier answer' })),
  limit: pageLimit(200, 50),
});

export type ConversationsQuery = z.infer<typeof conversationsQuery>;

export const conversationPage = listOf(conversationView);

export type ConversationPage = z.infer<typeof conversationPage>;

/** `GET /api/unread` */
export const unreadCounts = z
  .object({
    total: count,
    conversations: z
      .array(z.object({ conversationId: z.string(), unreadCount: count }))
      .meta({ description: 'Those with something unread only.' }),
  })
  .meta({
    example: { total: 1, conversations: [{ conversationId: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ', unreadCount: 1 }] },
  });

export type UnreadCounts = z.infer<typeof unreadCounts>;

/** `PUT …/read` and `…/delivered`: up to where; without it, everything. */
export const watermark = z
  .object(
    { upToSeq: optional(z.int({ error: 'must be a seq' }).min(0, { error: 'must be a seq' })) },
    { error: 'must be a JSON object' },
  )
  .meta({ example: { upToSeq: 42 } });
