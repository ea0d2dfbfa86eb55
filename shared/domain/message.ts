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
}

/** What the sender determines of a message. */
export interface MessageContent {
  messageText: string | null;
  attachment: Attachment | null;
  attachmentUrl: string | null;
}

/** A message that the queue holds: identified and authorised, without a place yet. */
export interface AcceptedMessage extends MessageContent {
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

/** A message in the log: it has its place and never changes it. */
export interface LoggedMessage extends MessageContent {
  messageId: string;
  conversationId: string;
  seq: number;
  senderId: string;
  clientMessageId: string;
  type: MessageType;
  /** When it got its place; never earlier than the message before it. */
  createdAt: string;
}

/** A message as clients see it. */
export interface Message extends LoggedMessage {
  replyTo: string | null;
  mentions: string[];
  reactions: { emoji: string; userIds: string[] }[];
  pinned: boolean;
  editedAt: string | null;
  deletedAt: string | null;
  expiresAt: string | null;
  status: MessageStatus;
  deliveredAt: string | null;
  readAt: string | null;
}

/** What kind of message some content makes. */
export const typeOf = ({ attachment }: Pick<MessageContent, 'attachment'>): MessageType =>
  attachment === null ? 'text' : attachment.contentType.startsWith('image/') ? 'image' : 'file';

/** A logged message as clients see it, as far as it is known to have come. */
export const asMessage = (
  logged: LoggedMessage,
  progress: Pick<Message, 'status' | 'deliveredAt' | 'readAt'> = {
    status: 'sent',
    deliveredAt: null,
    readAt: null,
  },
): Message => ({
  ...logged,
  replyTo: null,
  mentions: [],
  reactions: [],
  pinned: false,
  editedAt: null,
  deletedAt: null,
  expiresAt: null,
  ...progress,
});
