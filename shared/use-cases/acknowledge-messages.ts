import { isDelivered, type Member } from '../domain/conversation.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireMember } from './membership.ts';
import { announceReceipts, type RecordReceiptParts } from './record-receipt.ts';

export interface AcknowledgeMessagesParts extends Pick<
  RecordReceiptParts,
  'presence' | 'broadcaster' | 'clock'
> {
  log: Pick<ConversationLog, 'member' | 'memberIds' | 'head' | 'read' | 'acknowledge'>;
}

/** How far above the watermark own messages are looked for; what lies further closes at a later acknowledgement. */
const reach = 1000;

/** A user's own messages count as delivered, so that they leave no gap between those of others. */
const ownMessages = async (
  log: AcknowledgeMessagesParts['log'],
  conversationId: string,
  member: Member,
  seqs: readonly number[],
): Promise<number[]> => {
  const from = member.deliveredSeq + 1;
  const to = Math.min(Math.max(...seqs), from + reach - 1);
  const acknowledged = new Set(seqs);
  const isGap = (seq: number): boolean => !acknowledged.has(seq) && !isDelivered(member, seq);
  let first = from;
  while (first <= to && !isGap(first)) first++;
  const messages = await log.read(conversationId, { from: first, to });
  return messages.filter(({ senderId }) => senderId === member.userId).map(({ seq }) => seq);
};

/** Records that single messages have reached a member, and tells the others how far the watermark rose. */
export const acknowledgeAs = async (
  parts: AcknowledgeMessagesParts,
  conversationId: string,
  member: Member,
  seqs: readonly number[],
): Promise<void> => {
  const own = await ownMessages(parts.log, conversationId, member, seqs);
  const { userId } = member;
  const known = [...seqs, ...own];
  const { raised } = await parts.log.acknowledge(conversationId, userId, known, parts.clock.now());
  await announceReceipts(parts, conversationId, userId, raised);
};

/**
 * Records that exactly these messages have reached a user. What lies between them was perhaps pushed and lost: it stays
 * unacknowledged, and so comes through the inbox. Places beyond the head are left out; repeating is harmless.
 * @throws ChatError `not-a-member`, `unavailable`
 */
export const acknowledgeMessages =
  (parts: AcknowledgeMessagesParts) =>
  async (userId: string, conversationId: string, seqs: readonly number[]): Promise<void> => {
    const member = await requireMember(parts.log, conversationId, userId);
    const head = await parts.log.head(conversationId);
    const there = seqs.filter((seq) => seq <= (head?.headSeq ?? 0));
    if (there.length > 0) await acknowledgeAs(parts, conversationId, member, there);
  };
