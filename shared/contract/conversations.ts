import { z } from 'zod';
import type { ConversationType, EarlierHistory, Ranges, Role } from '../domain/conversation.ts';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { exactly } from './exactly.ts';
import { clientId, optional, time, userId } from './fields.ts';
import { message } from './message.ts';

/** Members that one request may name: with what comes with them they fit into one transaction of Table Storage. */
export const maxMembersPerRequest = 90;

const maxMetadataBytes = 8 * 1024;

const maxMetadataLevels = 32;

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Level by level, for what calls itself ends where the stack does: JSON may be nested a hundred thousand deep. */
const isNestedWithin = (levels: number, value: object): boolean => {
  let level = [value];
  for (let depth = 0; depth < levels && level.length > 0; depth++)
    level = level.flatMap((part) => Object.values(part).filter(isNested));
  return level.length === 0;
};

const title = z
  .string({ error: 'must be a text of 1 to 200 characters' })
  .trim()
  .refine((text) => text.length > 0 && codePoints(text) <= 200, { error: 'must have 1 to 200 characters' })
  .refine((text) => isWellFormed(text) && !hasControls(text), {
    error: 'must not contain control characters or lone surrogates',
  })
  .meta({ minLength: 1, maxLength: 200 });

const metadata = z
  .record(z.string(), z.unknown(), { error: 'must be a JSON object' })
  .refine((value) => isNestedWithin(maxMetadataLevels, value), {
    error: `must be nested at most ${maxMetadataLevels} levels deep`,
    abort: true,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= maxMetadataBytes, {
    error: `must have at most ${maxMetadataBytes} bytes as JSON`,
  })
  .meta({
    description: `At most ${maxMetadataBytes} bytes as JSON, nested at most ${maxMetadataLevels} levels deep.`,
  });

/** How long messages may be kept at the least and at the most, in seconds: a minute, ten years. */
const retention = { min: 60, max: 315_360_000 };

const retentionSeconds = z
  .int({ error: `must be a whole number of seconds from ${retention.min} to ${retention.max}` })
  .min(retention.min, { error: `must be at least ${retention.min} seconds` })
  .max(retention.max, { error: `must be at most ${retention.max} seconds` });

const earlierHistory = exactly<EarlierHistory>()(
  z.enum(['visible', 'hidden'], { error: 'must be visible or hidden' }),
);

/** What can be set of a conversation later. */
export const conversationSettings = {
  title: title.nullable().exactOptional(),
  metadata: metadata.nullable().exactOptional(),
  retentionSeconds: retentionSeconds.nullable().exactOptional(),
  earlierHistory: earlierHistory.exactOptional(),
};

/** `POST /api/conversations` */
export const newConversation = z
  .object(
    {
      type: z.enum(['direct', 'group'], { error: 'must be direct or group' }),
      memberIds: z
        .array(userId, { error: 'must be a list of user ids' })
        .max(maxMembersPerRequest, { error: `must name at most ${maxMembersPerRequest} users` })
        .transform((ids) => [...new Set(ids)]),
      title: optional(title),
      externalRef: optional(clientId),
      metadata: optional(metadata),
      retentionSeconds: optional(retentionSeconds),
      earlierHistory: optional(earlierHistory),
    },
    { error: 'must be a JSON object' },
  )
  .refine(({ type, externalRef }) => type === 'group' || externalRef === undefined, {
    path: ['externalRef'],
    error: 'is for groups only: a direct conversation is named by its two users',
  })
  .refine(({ type, title: given }) => type === 'group' || given === undefined, {
    path: ['title'],
    error: 'is for groups only',
  })
  .meta({ example: { type: 'group', title: 'Release team', memberIds: ['bob', 'cleo'] } });

export type NewConversationRequest = z.infer<typeof newConversation>;

const conversationType = exactly<ConversationType>()(z.enum(['direct', 'group']));
export const roleName = exactly<Role>()(
  z.enum(['owner', 'admin', 'member'], { error: 'must be owner, admin or member' }),
);
const seq = z.int().min(0);

/** Ascending, disjoint, inclusive. */
const ranges = exactly<Ranges>()(z.array(z.tuple([seq, seq]).readonly()).readonly());

/** A member as the others see it. */
export const memberView = z.object({
  userId: z.string(),
  role: roleName,
  fullName: z.string().nullable(),
  avatarUrl: z.string().nullable(),
});

/** A conversation as one of its members sees it. */
export const conversationView = z
  .object({
    id: z.string(),
    type: conversationType,
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    retentionSeconds: z
      .int()
      .nullable()
      .meta({ description: 'For how long messages are kept; null: for ever.' }),
    earlierHistory: earlierHistory.meta({ description: 'What new members see of the time before them.' }),
    externalRef: z.string().nullable(),
    createdBy: z.string(),
    createdAt: time,
    lastActivityAt: time,
    lastMessage: message.nullable().meta({ description: 'Its text may be shortened.' }),
    members: z.array(memberView),
    headSeq: seq.meta({ description: 'The number of messages, which is the place of the newest.' }),
    headRev: seq.meta({ description: 'The number of changes to what is already there.' }),
    deliveredSeq: seq.meta({ description: 'Everything up to here has reached you.' }),
    readSeq: seq.meta({ description: 'You have read everything up to here.' }),
    hidden: ranges.meta({
      description: 'Ranges of `seq` that you never see: they are no holes to be filled.',
    }),
    unreadCount: z.int().min(0).meta({ description: 'Messages of others that you have not read.' }),
    archivedAt: time.nullable(),
    muted: z.boolean().meta({ description: 'You do not want to be called by its messages.' }),
    mutedUntil: time.nullable().meta({ description: 'Null when it is not muted, or without an end.' }),
  })
  .meta({
    id: 'Conversation',
    description: 'A conversation as one of its members sees it.',
    example: {
      ...{
        id: 'g-8wYp3Lm0Qx5s7uR2VtHnC4dK',
        type: 'group',
        title: 'Release team',
        metadata: { ticket: 4711 },
      },
      ...{ retentionSeconds: null, earlierHistory: 'visible', externalRef: 'ticket-4711' },
      createdBy: 'ann',
      createdAt: '2026-01-02T03:04:05.678Z',
      lastActivityAt: '2026-01-02T03:04:05.678Z',
      lastMessage: null,
      members: [{ userId: 'ann', role: 'owner', fullName: 'Ann Archer', avatarUrl: null }],
      ...{ headSeq: 0, headRev: 0, deliveredSeq: 0, readSeq: 0, hidden: [], unreadCount: 0 },
      ...{ archivedAt: null, muted: false, mutedUntil: null },
    },
  });

export type ConversationView = z.infer<typeof conversationView>;

/** `PUT /api/conversations/{id}/mute` */
export const muting = z.object(
  {
    until: optional(
      z.iso
        .datetime({ offset: true, error: 'must be an ISO 8601 date and time with its offset from UTC' })
        .transform((text) => new Date(text)),
    ),
  },
  { error: 'must be a JSON object' },
);

export type Muting = z.infer<typeof muting>;
