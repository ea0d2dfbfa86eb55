import { odata, type TableEntity, type TableEntityResult } from '@azure/data-tables';
import type { ChangeRecord, KeptContent, LoggedChange, Settings, Target } from '../../domain/change.ts';
import {
  previewOf,
  type ConversationType,
  type EarlierHistory,
  type Head,
  type Listing,
  type Member,
  type Metadata,
  type NewConversation,
  type Ranges,
  type Role,
} from '../../domain/conversation.ts';
import type {
  AcceptedMessage,
  Attachment,
  ForwardOrigin,
  LoggedMessage,
  MessageType,
  Reaction,
  SystemNote,
} from '../../domain/message.ts';
import { typeOf } from '../../domain/message.ts';
import type { SeqRange, WatermarkMove } from '../../ports/conversation-log.ts';
import { encodeKey, seqKey } from './keys.ts';

/**
 * The rows of a conversation's partition in `Conversations`. Row keys sort by kind, then by place:
 * `chg|<rev>` · `del|<seq>` · `head` · `id|<message or change>` · `member|<user>` · `msg|<seq>` · `old|<seq>|<n>` ·
 * `rcp|<user>|<watermark>|<seq>` · `rea|<seq>|<emoji>|<user>`.
 */

/** What a `rcp` row tells the move of. */
export type Watermark = 'delivered' | 'read';

export const headKey = 'head';
export const messageKey = (seq: number): string => `msg|${seqKey(seq)}`;
/** The messages of a range: no other row lies between them. */
export const messagesIn = (conversationId: string, { from, to }: SeqRange): string =>
  odata`PartitionKey eq ${conversationId} and RowKey ge ${messageKey(from)} and RowKey le ${messageKey(to)}`;
/** @param id of a message or a change */
export const markerKey = (id: string): string => `id|${encodeKey(id)}`;
export const changeKey = (rev: number): string => `chg|${seqKey(rev)}`;
export const keptKey = (seq: number): string => `del|${seqKey(seq)}`;
export const versionKey = (seq: number, n: number): string => `old|${seqKey(seq)}|${seqKey(n)}`;
export const reactionsPrefix = (seq: number): string => `rea|${seqKey(seq)}`;
export const reactionKey = (seq: number, emoji: string, userId: string): string =>
  `${reactionsPrefix(seq)}|${encodeKey(emoji)}|${encodeKey(userId)}`;
export const memberKey = (userId: string): string => `member|${encodeKey(userId)}`;
export const movesPrefix = (userId: string): string => `rcp|${encodeKey(userId)}|`;
export const moveKey = (userId: string, watermark: Watermark, upToSeq: number): string =>
  `${movesPrefix(userId)}${watermark}|${seqKey(upToSeq)}`;

export interface HeadRow {
  type: ConversationType;
  /** Of these an empty text, and 0, is null: a merge cannot take a property away. */
  title?: string;
  metadata?: string;
  retentionSeconds?: number;
  earlierHistory?: EarlierHistory;
  externalRef?: string;
  createdBy: string;
  createdAt: string;
  directMembers: string;
  headSeq: number;
  headRev: number;
  membersRev?: number;
  /** When the newest message got its place: the next one is not earlier. */
  lastAt: string;
  /** The newest message as JSON, shortened. */
  last?: string;
}

export const retentionOf = ({ retentionSeconds = 0 }: Pick<HeadRow, 'retentionSeconds'>): number | null =>
  retentionSeconds > 0 ? retentionSeconds : null;

export const headOf = (conversationId: string, row: HeadRow): Head => ({
  conversationId,
  type: row.type,
  title: row.title === '' ? null : (row.title ?? null),
  metadata: row.metadata ? (JSON.parse(row.metadata) as Metadata) : null,
  retentionSeconds: retentionOf(row),
  earlierHistory: row.earlierHistory ?? 'visible',
  externalRef: row.externalRef ?? null,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  lastActivityAt: row.lastAt,
  lastMessage: row.last === undefined ? null : (JSON.parse(row.last) as LoggedMessage),
  directMembers: JSON.parse(row.directMembers) as string[],
  headSeq: row.headSeq,
  headRev: row.headRev,
  membersRev: row.membersRev ?? 0,
});

/** The newest message, shortened, as a property of the head. */
export const lastRow = (message: LoggedMessage): string => JSON.stringify(previewOf(message));

/** What is set of a conversation, as properties of its head. */
export const settingsRow = (settings: Settings) => ({
  title: settings.title ?? '',
  metadata: settings.metadata === null ? '' : JSON.stringify(settings.metadata),
  retentionSeconds: settings.retentionSeconds ?? 0,
  earlierHistory: settings.earlierHistory,
});

export const newHead = (conversation: NewConversation, createdAt: string): HeadRow => ({
  type: conversation.type,
  ...settingsRow(conversation),
  ...(conversation.externalRef !== null && { externalRef: conversation.externalRef }),
  createdBy: conversation.createdBy,
  createdAt,
  directMembers: JSON.stringify(
    conversation.type === 'direct' ? conversation.members.map(({ userId }) => userId) : [],
  ),
  headSeq: 0,
  headRev: 0,
  lastAt: createdAt,
});

export interface MemberRow {
  userId: string;
  role: Role;
  joinedSeq: number;
  /** Of one who has left; -1 of one who came back. */
  leftSeq?: number;
  hidden?: string;
  deliveredSeq: number;
  deliveredAhead?: string;
  readSeq: number;
  checkedSeq?: number;
}

export const hasLeft = ({ leftSeq = -1 }: Pick<MemberRow, 'leftSeq'>): boolean => leftSeq >= 0;

export const memberOf = (row: MemberRow): Member => ({
  userId: row.userId,
  role: row.role,
  joinedSeq: row.joinedSeq,
  leftSeq: hasLeft(row) ? (row.leftSeq ?? null) : null,
  hidden: JSON.parse(row.hidden ?? '[]') as Ranges,
  deliveredSeq: row.deliveredSeq,
  deliveredAhead: JSON.parse(row.deliveredAhead ?? '[]') as Ranges,
  readSeq: row.readSeq,
  checkedSeq: row.checkedSeq ?? 0,
});

/** A member's place as owners and admins determine it; what the member itself determines stays as it is. */
export const placeRow = (conversationId: string, member: Member) => ({
  partitionKey: conversationId,
  rowKey: memberKey(member.userId),
  userId: member.userId,
  role: member.role,
  joinedSeq: member.joinedSeq,
  leftSeq: member.leftSeq ?? -1,
  hidden: JSON.stringify(member.hidden),
});

/** A member's row, whole. */
export const memberRow = (conversationId: string, member: Member): TableEntity<MemberRow> => ({
  ...placeRow(conversationId, member),
  deliveredSeq: member.deliveredSeq,
  deliveredAhead: JSON.stringify(member.deliveredAhead),
  readSeq: member.readSeq,
  checkedSeq: member.checkedSeq,
});

interface MessageRow {
  messageId: string;
  seq: number;
  senderId: string;
  clientMessageId: string;
  type: MessageType;
  /** A property of its own: 10,000 code points come near to the 64 KiB that a property takes. */
  text?: string;
  attachment?: string;
  attachmentUrl?: string;
  forwardedFrom?: string;
  replyTo?: string;
  mentions?: string;
  expiresAt?: string;
  system?: string;
  clientTimestamp?: string;
  acceptedAt: string;
  createdAt: string;
  editedAt?: string;
  /** How many earlier versions are kept. */
  versions?: number;
  deletedAt?: string;
  pinned?: boolean;
  /** How many there are: the rows are read only where there is one. */
  reactions?: number;
}

/** Columns that make a message. */
export type StoredMessage = TableEntityResult<MessageRow>;

type Content = Pick<
  LoggedMessage,
  'messageText' | 'attachment' | 'attachmentUrl' | 'forwardedFrom' | 'replyTo' | 'mentions' | 'expiresAt'
>;

const contentRow = (message: Content) => ({
  ...(message.messageText !== null && { text: message.messageText }),
  ...(message.attachment !== null && { attachment: JSON.stringify(message.attachment) }),
  ...(message.attachmentUrl !== null && { attachmentUrl: message.attachmentUrl }),
  ...(message.forwardedFrom !== null && { forwardedFrom: JSON.stringify(message.forwardedFrom) }),
  ...(message.replyTo !== null && { replyTo: message.replyTo }),
  ...(message.mentions.length > 0 && { mentions: JSON.stringify(message.mentions) }),
  ...(message.expiresAt !== null && { expiresAt: message.expiresAt }),
});

/** @param expiresAt of the message, or of the conversation's messages if that is earlier */
export const messageRow = (
  message: AcceptedMessage,
  seq: number,
  createdAt: string,
  expiresAt: string | null,
): TableEntity<MessageRow> => ({
  partitionKey: message.conversationId,
  rowKey: messageKey(seq),
  messageId: message.messageId,
  seq,
  senderId: message.senderId,
  clientMessageId: message.clientMessageId,
  type: typeOf(message),
  ...contentRow({ ...message, expiresAt }),
  ...(message.clientTimestamp !== null && { clientTimestamp: message.clientTimestamp }),
  acceptedAt: message.acceptedAt,
  createdAt,
});

/** What the system notes, as a row. */
export const noteRow = (note: LoggedMessage): TableEntity<MessageRow> => ({
  partitionKey: note.conversationId,
  rowKey: messageKey(note.seq),
  messageId: note.messageId,
  seq: note.seq,
  senderId: note.senderId,
  clientMessageId: note.clientMessageId,
  type: note.type,
  ...contentRow(note),
  system: JSON.stringify(note.system),
  acceptedAt: note.createdAt,
  createdAt: note.createdAt,
});

/** The row of a message that has changed: what it no longer has is no longer in it. */
export const changedMessageRow = (
  before: StoredMessage,
  { message, versions }: Target,
): TableEntity<MessageRow> => ({
  partitionKey: message.conversationId,
  rowKey: messageKey(message.seq),
  messageId: before.messageId,
  seq: before.seq,
  senderId: before.senderId,
  clientMessageId: before.clientMessageId,
  type: before.type,
  ...contentRow(message),
  ...(message.system !== null && { system: JSON.stringify(message.system) }),
  ...(before.clientTimestamp !== undefined && { clientTimestamp: before.clientTimestamp }),
  acceptedAt: before.acceptedAt,
  createdAt: before.createdAt,
  ...(message.editedAt !== null && { editedAt: message.editedAt }),
  ...(versions > 0 && { versions }),
  ...(message.deletedAt !== null && { deletedAt: message.deletedAt }),
  ...(message.pinned && { pinned: true }),
  ...(before.reactions !== undefined && { reactions: before.reactions }),
});

/** @param reactions those of this message */
export const messageOf = (
  conversationId: string,
  row: Omit<MessageRow, 'acceptedAt'>,
  reactions: Reaction[] = [],
): LoggedMessage => ({
  messageId: row.messageId,
  conversationId,
  seq: row.seq,
  senderId: row.senderId,
  clientMessageId: row.clientMessageId,
  type: row.type,
  messageText: row.text ?? null,
  attachment: row.attachment === undefined ? null : (JSON.parse(row.attachment) as Attachment),
  attachmentUrl: row.attachmentUrl ?? null,
  forwardedFrom: row.forwardedFrom === undefined ? null : (JSON.parse(row.forwardedFrom) as ForwardOrigin),
  replyTo: row.replyTo ?? null,
  mentions: row.mentions === undefined ? [] : (JSON.parse(row.mentions) as string[]),
  expiresAt: row.expiresAt ?? null,
  system: row.system === undefined ? null : (JSON.parse(row.system) as SystemNote),
  createdAt: row.createdAt,
  editedAt: row.editedAt ?? null,
  deletedAt: row.deletedAt ?? null,
  pinned: row.pinned ?? false,
  reactions: row.deletedAt === undefined ? reactions : [],
});

/** A row of the reaction of one user. */
export interface ReactionRow {
  seq: number;
  emoji: string;
  userId: string;
}

/** Reactions by the message's place, each emoji with those who chose it. */
export const reactionsBySeq = (rows: ReactionRow[]): Map<number, Reaction[]> => {
  const bySeq = new Map<number, Reaction[]>();
  for (const [seq, ofMessage] of Map.groupBy(rows, (row) => row.seq)) {
    const byEmoji = Map.groupBy(ofMessage, ({ emoji }) => emoji);
    bySeq.set(
      seq,
      [...byEmoji].map(([emoji, users]) => ({ emoji, userIds: users.map(({ userId }) => userId) })),
    );
  }
  return bySeq;
};

/** A row of what a tombstone hides. */
export interface KeptRow {
  text?: string;
  attachment?: string;
  attachmentUrl?: string;
  forwardedFrom?: string;
  mentions: string;
  deletedBy: string;
}

export const keptRow = (kept: KeptContent): KeptRow => ({
  ...(kept.messageText !== null && { text: kept.messageText }),
  ...(kept.attachment !== null && { attachment: JSON.stringify(kept.attachment) }),
  ...(kept.attachmentUrl !== null && { attachmentUrl: kept.attachmentUrl }),
  ...(kept.forwardedFrom !== null && { forwardedFrom: JSON.stringify(kept.forwardedFrom) }),
  mentions: JSON.stringify(kept.mentions),
  deletedBy: kept.deletedBy,
});

export const keptOf = (row: KeptRow): KeptContent => ({
  messageText: row.text ?? null,
  attachment: row.attachment === undefined ? null : (JSON.parse(row.attachment) as Attachment),
  attachmentUrl: row.attachmentUrl ?? null,
  forwardedFrom: row.forwardedFrom === undefined ? null : (JSON.parse(row.forwardedFrom) as ForwardOrigin),
  mentions: JSON.parse(row.mentions) as string[],
  deletedBy: row.deletedBy,
});

/** A row of `chg`. */
export interface ChangeRow {
  rev: number;
  at: string;
  by: string;
  record: string;
  /** The place of the message that notes it. */
  noteSeq?: number;
}

export const loggedChangeOf = ({ rev, at, by, record }: ChangeRow): LoggedChange => ({
  ...(JSON.parse(record) as ChangeRecord),
  rev,
  at,
  by,
});

export interface MoveRow {
  upToSeq: number;
  at: string;
}

export const moveOf = ({ upToSeq, at }: MoveRow): WatermarkMove => ({ upToSeq, at });

/** Partition of `UserConversations` for where a user was; `|` is in no encoded id. */
export const formerKey = (userId: string): string => `left|${encodeKey(userId)}`;

/** A row of `UserConversations`. */
export interface ListingRow {
  /** Empty when it is not archived (any more). */
  archivedAt?: string;
  /** Empty when it is not muted (any more). */
  mutedUntil?: string;
}

export const listingOf = (conversationId: string, row: ListingRow | undefined): Listing => ({
  conversationId,
  archivedAt: row?.archivedAt === '' ? null : (row?.archivedAt ?? null),
  mutedUntil: row?.mutedUntil === '' ? null : (row?.mutedUntil ?? null),
});
