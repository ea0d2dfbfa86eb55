import type { TableEntity, TableEntityResult } from '@azure/data-tables';
import type {
  ConversationType,
  Head,
  Listing,
  Member,
  Metadata,
  NewConversation,
  Ranges,
  Role,
} from '../../domain/conversation.ts';
import type { AcceptedMessage, Attachment, LoggedMessage, MessageType } from '../../domain/message.ts';
import { typeOf } from '../../domain/message.ts';
import type { WatermarkMove } from '../../ports/conversation-log.ts';
import { encodeKey, seqKey } from './keys.ts';

/**
 * The rows of a conversation's partition in `Conversations`. Row keys sort by kind, then by place:
 * `head` · `id|<message>` · `member|<user>` · `msg|<seq>` · `rcp|<user>|<watermark>|<seq>`.
 */

/** What a `rcp` row tells the move of. */
export type Watermark = 'delivered' | 'read';

export const headKey = 'head';
export const messageKey = (seq: number): string => `msg|${seqKey(seq)}`;
export const markerKey = (messageId: string): string => `id|${messageId}`;
export const memberKey = (userId: string): string => `member|${encodeKey(userId)}`;
export const moveKey = (userId: string, watermark: Watermark, upToSeq: number): string =>
  `rcp|${encodeKey(userId)}|${watermark}|${seqKey(upToSeq)}`;

export interface HeadRow {
  type: ConversationType;
  title?: string;
  metadata?: string;
  externalRef?: string;
  createdBy: string;
  createdAt: string;
  directMembers: string;
  headSeq: number;
  headRev: number;
  /** When the newest message got its place: the next one is not earlier. */
  lastAt: string;
  /** The newest message as JSON, shortened. */
  last?: string;
}

export const headOf = (conversationId: string, row: HeadRow): Head => ({
  conversationId,
  type: row.type,
  title: row.title ?? null,
  metadata: row.metadata === undefined ? null : (JSON.parse(row.metadata) as Metadata),
  externalRef: row.externalRef ?? null,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  lastActivityAt: row.lastAt,
  lastMessage: row.last === undefined ? null : (JSON.parse(row.last) as LoggedMessage),
  directMembers: JSON.parse(row.directMembers) as string[],
  headSeq: row.headSeq,
  headRev: row.headRev,
});

export const newHead = (conversation: NewConversation, createdAt: string): HeadRow => ({
  type: conversation.type,
  ...(conversation.title !== null && { title: conversation.title }),
  ...(conversation.metadata !== null && { metadata: JSON.stringify(conversation.metadata) }),
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
  deliveredSeq: number;
  deliveredAhead?: string;
  readSeq: number;
  checkedSeq?: number;
}

export const memberOf = (row: MemberRow): Member => ({
  userId: row.userId,
  role: row.role,
  joinedSeq: row.joinedSeq,
  deliveredSeq: row.deliveredSeq,
  deliveredAhead: JSON.parse(row.deliveredAhead ?? '[]') as Ranges,
  readSeq: row.readSeq,
  checkedSeq: row.checkedSeq ?? 0,
});

export const newMember = (conversationId: string, userId: string, role: Role): TableEntity<MemberRow> => ({
  partitionKey: conversationId,
  rowKey: memberKey(userId),
  userId,
  role,
  joinedSeq: 0,
  deliveredSeq: 0,
  readSeq: 0,
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
  clientTimestamp?: string;
  acceptedAt: string;
  createdAt: string;
}

/** Columns that make a message. */
export type StoredMessage = TableEntityResult<MessageRow>;

export const messageRow = (
  message: AcceptedMessage,
  seq: number,
  createdAt: string,
): TableEntity<MessageRow> => ({
  partitionKey: message.conversationId,
  rowKey: messageKey(seq),
  messageId: message.messageId,
  seq,
  senderId: message.senderId,
  clientMessageId: message.clientMessageId,
  type: typeOf(message),
  ...(message.messageText !== null && { text: message.messageText }),
  ...(message.attachment !== null && { attachment: JSON.stringify(message.attachment) }),
  ...(message.attachmentUrl !== null && { attachmentUrl: message.attachmentUrl }),
  ...(message.clientTimestamp !== null && { clientTimestamp: message.clientTimestamp }),
  acceptedAt: message.acceptedAt,
  createdAt,
});

export const messageOf = (conversationId: string, row: Omit<MessageRow, 'acceptedAt'>): LoggedMessage => ({
  messageId: row.messageId,
  conversationId,
  seq: row.seq,
  senderId: row.senderId,
  clientMessageId: row.clientMessageId,
  type: row.type,
  messageText: row.text ?? null,
  attachment: row.attachment === undefined ? null : (JSON.parse(row.attachment) as Attachment),
  attachmentUrl: row.attachmentUrl ?? null,
  createdAt: row.createdAt,
});

export interface MoveRow {
  upToSeq: number;
  at: string;
}

export const moveOf = ({ upToSeq, at }: MoveRow): WatermarkMove => ({ upToSeq, at });

/** A row of `UserConversations`. */
export interface ListingRow {
  /** Empty when it is not archived (any more). */
  archivedAt?: string;
}

export const listingOf = (conversationId: string, row: ListingRow | undefined): Listing => ({
  conversationId,
  archivedAt: row?.archivedAt === '' ? null : (row?.archivedAt ?? null),
});
