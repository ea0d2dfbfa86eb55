import type { Attachment, Message, PendingMessage } from '../../../client/index.ts';

/** A message as the page shows it: one that has its place, or one of this device's that has none yet. */
export interface ShownMessage extends Message {
  /** It has no place yet: it waits, or could not be sent. */
  local?: 'waiting' | 'failed';
  /** Why it could not be sent, or still waits. */
  problem?: string;
}

const nothing: Pick<
  Message,
  | 'type'
  | 'system'
  | 'attachment'
  | 'forwardedFrom'
  | 'pinned'
  | 'editedAt'
  | 'deletedAt'
  | 'expiresAt'
  | 'deliveredAt'
  | 'readAt'
> = {
  ...{ type: 'text', system: null, attachment: null, forwardedFrom: null, pinned: false },
  ...{ editedAt: null, deletedAt: null, expiresAt: null, deliveredAt: null, readAt: null },
};

interface PendingParts {
  userId: string;
  seq: number;
  /** What keeps it. */
  words: string | undefined;
  attachment: Attachment | undefined;
}

/** What is known of a file of an earlier visit that is still on its way. */
const someFile = (attachmentId: string): Attachment => ({
  ...{ attachmentId, fileName: 'File', contentType: '', size: 0, sha256: null, availableAt: null },
});

/** A message that waits, in its place behind the others. */
export const shownPending = (
  pending: PendingMessage,
  { userId, seq, words, attachment }: PendingParts,
): ShownMessage => ({
  ...{ ...nothing, reactions: [], messageId: '', seq, senderId: userId, status: 'accepted' },
  conversationId: pending.conversationId ?? '',
  clientMessageId: pending.clientMessageId,
  createdAt: pending.createdAt,
  messageText: pending.text ?? null,
  attachmentUrl: pending.attachmentUrl ?? null,
  replyTo: pending.replyTo ?? null,
  mentions: pending.mentions ?? [],
  ...(pending.attachmentId !== undefined && { attachment: attachment ?? someFile(pending.attachmentId) }),
  ...(pending.state !== 'accepted' && { local: pending.state }),
  ...(words !== undefined && { problem: words }),
});
