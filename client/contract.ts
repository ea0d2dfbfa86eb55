import type { EarlierHistory, Ranges, Role } from '../shared/domain/conversation.ts';
import type { Message } from '../shared/domain/message.ts';

/** What the service answers. Each is held to the service's own schema by a test. */

/** A part of a list. */
export interface Page<T> {
  items: T[];
  /** Give it as `cursor` for the next page; null: this is the last. */
  nextCursor: string | null;
}

/** Somebody in a conversation. */
export interface MemberInfo {
  userId: string;
  role: Role;
  fullName: string | null;
  avatarUrl: string | null;
}

/** A conversation as you see it. */
export interface ConversationInfo {
  id: string;
  type: 'direct' | 'group';
  title: string | null;
  /** Whatever your app keeps with it. */
  metadata: Record<string, unknown> | null;
  /** For how long messages are kept; null: for ever. */
  retentionSeconds: number | null;
  /** What new members see of the time before them. */
  earlierHistory: EarlierHistory;
  /** Your app's own name for it. */
  externalRef: string | null;
  createdBy: string;
  createdAt: string;
  lastActivityAt: string;
  /** Its text may be shortened. */
  lastMessage: Message | null;
  members: MemberInfo[];
  /** The number of messages, which is the place of the newest. */
  headSeq: number;
  /** The number of changes to what is already there. */
  headRev: number;
  /** Everything up to here has reached you. */
  deliveredSeq: number;
  /** You have read everything up to here. */
  readSeq: number;
  /** Places that you never see: they are no holes. */
  hidden: Ranges;
  /** Messages of others that you have not read. */
  unreadCount: number;
  archivedAt: string | null;
  muted: boolean;
  /** Null when it is not muted, or without an end. */
  mutedUntil: string | null;
}

/** A page of a conversation in ascending order. */
export interface HistoryPage extends Page<Message> {
  /** The place of the newest message. */
  headSeq: number;
  headRev: number;
  total: number;
}

/** Where the bytes of an attachment are wanted. */
export interface UploadOffer {
  attachmentId: string;
  uploadUrl: string;
  expiresAt: string;
}

/** A message that the service has taken: it is durable from here on. */
export interface SendReceipt {
  messageId: string;
  conversationId: string;
  clientMessageId: string;
  acceptedAt: string;
  attachment?: UploadOffer;
}

/** A change that the service has taken. */
export interface ChangeReceipt {
  changeId: string;
  conversationId: string;
  acceptedAt: string;
}

/** How far a member has come. */
export interface Watermarks {
  userId: string;
  /** Everything up to here has reached the member. */
  deliveredSeq: number;
  /** The member has read everything up to here. */
  readSeq: number;
}

/** Whether a member has got and read one message. */
export interface MessageReceipt {
  userId: string;
  delivered: boolean;
  deliveredAt: string | null;
  read: boolean;
  readAt: string | null;
}

/** Whether somebody is there. */
export interface PresenceInfo {
  online: boolean;
  /** When the last device went; null while one is there, and for who never was. */
  lastSeenAt: string | null;
}

/** What others see of a user. */
export interface Profile {
  userId: string;
  fullName: string | null;
  avatarUrl: string | null;
}

/** What you see of your own account. All but `userId` is null for users of an identity provider. */
export interface Account extends Profile {
  username: string | null;
  email: string | null;
  createdAt: string | null;
}

/** An earlier text of a message. */
export interface Revision {
  messageText: string | null;
  /** When it was written. */
  at: string;
}
