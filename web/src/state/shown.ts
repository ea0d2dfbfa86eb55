import type { Message, PendingMessage } from '../../../client/index.ts';

/** A message as the page shows it: one that has its place, or one of this device's that has none yet. */
export interface ShownMessage extends Message {
  /** It has no place yet: it waits, or could not be sent. */
  local?: 'waiting' | 'failed';
  /** Why it could not be sent. */
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

/** A message that waits, in its place behind the others. @param words say what its failure means */
export const shownPending = (
  pending: PendingMessage,
  { userId, seq, words }: { userId: string; seq: number; words: (code: string) => string },
): ShownMessage => ({
  ...{ ...nothing, reactions: [], messageId: '', seq, senderId: userId, status: 'accepted' },
  conversationId: pending.conversationId ?? '',
  clientMessageId: pending.clientMessageId,
  createdAt: pending.createdAt,
  messageText: pending.text ?? null,
  attachmentUrl: pending.attachmentUrl ?? null,
  replyTo: pending.replyTo ?? null,
  mentions: pending.mentions ?? [],
  ...(pending.state === 'waiting' && { local: 'waiting' as const }),
  ...(pending.state === 'failed' && { local: 'failed' as const, problem: words(pending.code ?? '') }),
});
