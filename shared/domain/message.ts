import type { Caller } from './user.ts';

export type MessageType = 'text' | 'image' | 'file' | 'system';

/** How far a message has come: `accepted` by the queue, `sent` (in the log), `delivered` to and `read` by the others. */
export type MessageStatus = 'accepted' | 'sent' | 'delivered' | 'read';

/** A file that belongs to a message. Its bytes are in Blob Storage under a name of the server's making. */
export interface Attachment {
  attachmentId: string;
  fileName: string;
  contentType: string;
  /** Bytes. */
  size: number;
  /** Hex digest that the sender announced. */
  sha256: string | null;
  /** When its bytes had been found good; null: nobody can fetch it yet. */
  availableAt: string | null;
}

/** Where a message that was forwarded comes from: who wrote it, and nothing of where. */
export interface ForwardOrigin {
  senderId: string;
}

/** What the sender determines of a message. */
export interface MessageContent {
  messageText: string | null;
  attachment: Attachment | null;
  attachmentUrl: string | null;
  forwardedFrom: ForwardOrigin | null;
}

/** What a sender may say about a message besides its content. */
export interface MessageRelations {
  /** The message of the same conversation that it answers. */
  replyTo: string | null;
  /** Users it names. */
  mentions: string[];
  /** When it ceases to be shown; ISO 8601. */
  expiresAt: string | null;
}

/** Users who reacted to a message with an emoji. */
export interface Reaction {
  emoji: string;
  userIds: string[];
}

/** What happened, of a message that the system put into the log; its sender is whoever did it. */
export type SystemNote =
  | { event: 'member.added'; userIds: string[] }
  | { event: 'member.removed' | 'member.left'; userId: string }
  | { event: 'member.updated'; userId: string; role: string }
  | { event: 'conversation.updated'; title: string | null };

/** A message that the queue holds: identified and authorised, without a place yet. */
export interface AcceptedMessage extends MessageContent, MessageRelations {
  messageId: string;
  conversationId: string;
  senderId: Caller['userId'];
  clientMessageId: string;
  /** The two users of a direct conversation, given when it may have to be created. */
  directMembers: [string, string] | null;
  /** When the client says it was sent: kept for information, the server's time counts. */
  clientTimestamp: string | null;
  acceptedAt: string;
}

/** A message in the log: it has its place and never changes it; what else changes is numbered by `rev`. */
export interface LoggedMessage extends MessageContent, MessageRelations {
  messageId: string;
  conversationId: string;
  seq: number;
  senderId: string;
  clientMessageId: string;
  type: MessageType;
  /** With `type: system`. */
  system: SystemNote | null;
  /** When it got its place; never earlier than the message before it. */
  createdAt: string;
  editedAt: string | null;
  /** Of a message that was deleted, or has expired: its place stays, its content is gone. */
  deletedAt: string | null;
  pinned: boolean;
  reactions: Reaction[];
}

/** How far a message has come. */
export interface Progress {
  status: MessageStatus;
  deliveredAt: string | null;
  readAt: string | null;
}

/** A message as clients see it. */
export type Message = LoggedMessage & Progress;

/** What kind of message some content makes. */
export const typeOf = ({ attachment }: Pick<MessageContent, 'attachment'>): MessageType =>
  attachment === null ? 'text' : attachment.contentType.startsWith('image/') ? 'image' : 'file';

/** What a message is besides what its sender determined, as long as nothing has changed it. */
export const untouched = {
  system: null,
  editedAt: null,
  deletedAt: null,
  pinned: false,
  reactions: [],
} satisfies Partial<LoggedMessage>;

/** A place without its content. */
export const tombstoneOf = (message: LoggedMessage, deletedAt: string): LoggedMessage => ({
  ...message,
  messageText: null,
  attachment: null,
  attachmentUrl: null,
  forwardedFrom: null,
  system: null,
  mentions: [],
  reactions: [],
  pinned: false,
  deletedAt,
});

/** A message as it may be shown at a time: one that has expired is a tombstone from that moment on. */
export const shownAt = (message: LoggedMessage, now: Date): LoggedMessage => {
  const { expiresAt, deletedAt } = message;
  if (expiresAt === null || deletedAt !== null || now.getTime() < Date.parse(expiresAt)) return message;
  return tombstoneOf(message, expiresAt);
};

/**
 * From when on nothing of a message's content is kept: it has expired, or it was deleted so long ago that it cannot be
 * restored any more. Null: it is kept.
 */
export const purgedAt = (
  { expiresAt, deletedAt }: Pick<LoggedMessage, 'expiresAt' | 'deletedAt'>,
  restoreDays: number,
): string | null => {
  if (deletedAt === null) return expiresAt;
  const end = new Date(Date.parse(deletedAt) + restoreDays * 86_400_000).toISOString();
  return expiresAt !== null && expiresAt < end ? expiresAt : end;
};

/** A logged message as clients see it, as far as it is known to have come. */
export const asMessage = (
  logged: LoggedMessage,
  progress: Progress = { status: 'sent', deliveredAt: null, readAt: null },
): Message => ({ ...logged, ...progress });

/** When a message ceases to be shown: at its own time, or when its conversation keeps it no longer. */
export const expiryOf = (
  expiresAt: string | null,
  retentionSeconds: number | null,
  createdAt: string,
): string | null => {
  if (retentionSeconds === null) return expiresAt;
  const kept = new Date(Date.parse(createdAt) + retentionSeconds * 1000).toISOString();
  return expiresAt !== null && expiresAt < kept ? expiresAt : kept;
};
