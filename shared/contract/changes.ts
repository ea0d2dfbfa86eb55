import { z } from 'zod';
import type { Version } from '../domain/change.ts';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { conversationSettings, maxMembersPerRequest, memberView, roleName } from './conversations.ts';
import { exactly } from './exactly.ts';
import { clientId, listOf, nextCursor, optional, pageLimit, queryNumber, time, userId } from './fields.ts';
import { messageText, type MessageLimits } from './send-message.ts';
import { changeEvent } from './server-events.ts';

const asObject = { error: 'must be a JSON object' };

/** The header `Idempotency-Key`: the client's own id for a change, so that it can ask again. */
export const idempotencyKey = optional(clientId);

/** `PATCH …/messages/{messageId}` */
export const messageEdit = (limits: MessageLimits) =>
  z.object(
    {
      messageText: messageText(limits).refine((text) => text.trim() !== '', {
        error: 'must not be empty: delete the message instead',
      }),
    },
    asObject,
  );

const emojiRule = 'must be an emoji, or another text of 1 to 32 characters without blanks';

/** `PUT, DELETE …/reactions/{emoji}` */
export const emoji = z
  .string({ error: emojiRule })
  .refine(
    (text) =>
      text !== '' && codePoints(text) <= 32 && isWellFormed(text) && !hasControls(text) && !/\s/u.test(text),
    { error: emojiRule },
  );

/** `PATCH /api/conversations/{id}`: what is left out stays, null takes it away (RFC 7396). */
export const conversationPatch = z
  .object(conversationSettings, asObject)
  .refine((settings) => Object.keys(settings).length > 0, {
    error: 'must name at least one of title, metadata, retentionSeconds and earlierHistory',
  })
  .meta({ examples: [{ title: 'Trip to Rome' }] });

/** `POST …/members` */
export const newMembers = z.object(
  {
    userIds: z
      .array(userId, { error: 'must be a list of user ids' })
      .min(1, { error: 'must name at least one user' })
      .max(maxMembersPerRequest, { error: `must name at most ${maxMembersPerRequest} users` })
      .transform((ids) => [...new Set(ids)]),
    role: optional(roleName).transform((role) => role ?? 'member'),
  },
  asObject,
);

/** `PATCH …/members/{userId}` */
export const memberPatch = z.object({ role: roleName }, asObject);

/** What the caller is told once the queue holds a change. */
export const changeReceipt = z.object({
  changeId: z.string(),
  conversationId: z.string(),
  acceptedAt: time,
});

export type ChangeReceipt = z.infer<typeof changeReceipt>;

/** `GET …/changes` */
export const changesQuery = z
  .object({ after: optional(queryNumber(0)), cursor: optional(queryNumber(0)), limit: pageLimit(200, 100) })
  .refine(({ after, cursor }) => after === undefined || cursor === undefined, {
    path: ['after'],
    error: 'give either after or cursor',
  });

export type ChangesQuery = z.infer<typeof changesQuery>;

export const changesPage = z.object({
  items: z.array(changeEvent),
  nextCursor,
  headRev: z.int().min(0).meta({ description: 'The place of the newest change.' }),
});

export type ChangesPage = z.infer<typeof changesPage>;

/** `GET …/revisions` */
export const revisions = listOf(
  exactly<Version>()(
    z.object({
      messageText: z.string().nullable(),
      at: time.meta({ description: 'When it was written.' }),
    }),
  ),
);

/** `GET …/messages/{messageId}/receipts` */
export const messageReceipts = listOf(
  z.object({
    userId: z.string(),
    delivered: z.boolean(),
    deliveredAt: time.nullable(),
    read: z.boolean(),
    readAt: time.nullable(),
  }),
);

export type MessageReceipts = z.infer<typeof messageReceipts>;

const seq = z.int().min(0);

/** `GET …/receipts` */
export const receipts = listOf(z.object({ userId: z.string(), deliveredSeq: seq, readSeq: seq }));

export type Receipts = z.infer<typeof receipts>;

/** `GET …/members` */
export const members = listOf(memberView);

export type Members = z.infer<typeof members>;
