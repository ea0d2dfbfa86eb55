import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox, InboxItem } from '../ports/inbox.ts';
import { announceReceipts, type RecordReceiptParts } from './record-receipt.ts';

export interface AcknowledgeInboxParts extends Pick<
  RecordReceiptParts,
  'presence' | 'broadcaster' | 'clock'
> {
  log: Pick<ConversationLog, 'member' | 'memberIds' | 'head' | 'read' | 'acknowledge'>;
  inbox: Pick<Inbox, 'find' | 'remove'>;
}

/** How far above the watermark own messages are looked for; what lies further closes at a later acknowledgement. */
const reach = 1000;

/** A user's own messages count as delivered, so that they leave no gap between those of others. */
const ownMessages = async (
  log: AcknowledgeInboxParts['log'],
  conversationId: string,
  userId: string,
  upToSeq: number,
): Promise<number[]> => {
  const member = await log.member(conversationId, userId);
  if (!member) return [];
  const from = member.deliveredSeq + 1;
  const messages = await log.read(conversationId, { from, to: Math.min(upToSeq, from + reach - 1) });
  return messages.filter(({ senderId }) => senderId === userId).map(({ seq }) => seq);
};

const acknowledgeIn = async (
  parts: AcknowledgeInboxParts,
  userId: string,
  conversationId: string,
  seqs: number[],
): Promise<void> => {
  const own = await ownMessages(parts.log, conversationId, userId, Math.max(...seqs));
  const { raised } = await parts.log.acknowledge(
    conversationId,
    userId,
    [...seqs, ...own],
    parts.clock.now(),
  );
  await announceReceipts(parts, conversationId, userId, raised);
};

/**
 * Takes messages out of a user's inbox for good: they count as delivered. Exactly the rows named go; ids that name
 * nothing are left out, so repeating is harmless.
 * @returns how many were there
 */
export const acknowledgeInbox =
  (parts: AcknowledgeInboxParts) =>
  async (userId: string, inboxIds: readonly string[]): Promise<number> => {
    const items = await parts.inbox.find(userId, [...new Set(inboxIds)]);
    const byConversation = Map.groupBy(items, ({ message }: InboxItem) => message.conversationId);
    // Watermarks first: if this stops half way, the rows are still there and are left out of the next reading.
    for (const [conversationId, group] of byConversation)
      if (await parts.log.member(conversationId, userId))
        await acknowledgeIn(
          parts,
          userId,
          conversationId,
          group.map(({ message }) => message.seq),
        );
    await parts.inbox.remove(
      userId,
      items.map(({ inboxId }) => inboxId),
    );
    return items.length;
  };
