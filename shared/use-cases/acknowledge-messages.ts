import { isDelivered, type Head, type Member } from '../domain/conversation.ts';
import { notAMember } from '../domain/errors.ts';
import { isConversationId } from '../domain/identifiers.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { announceReceipts, type AnnounceReceiptsParts } from './record-receipt.ts';

export interface AcknowledgeMessagesParts extends AnnounceReceiptsParts {
  log: Pick<ConversationLog, 'receiptGround' | 'memberIds' | 'ownSeqs' | 'acknowledge'>;
}

/** How far above the watermark own messages are looked for; what lies further closes at a later acknowledgement. */
const reach = 1000;

/** A user's own messages count as delivered, so that they leave no gap between those of others. */
const ownMessages = (
  log: AcknowledgeMessagesParts['log'],
  conversationId: string,
  member: Member,
  seqs: readonly number[],
): Promise<number[]> => {
  const from = member.deliveredSeq + 1;
  let [first, last] = [from, Math.min(Math.max(...seqs), from + reach - 1)];
  const acknowledged = new Set(seqs);
  const isGap = (seq: number): boolean => !acknowledged.has(seq) && !isDelivered(member, seq);
  while (first <= last && !isGap(first)) first++;
  while (first <= last && !isGap(last)) last--;
  return log.ownSeqs(conversationId, member.userId, { from: first, to: last });
};

/** Records that single messages have reached a member, and tells the others how far the watermark rose. */
export const acknowledgeAs = async (
  parts: AcknowledgeMessagesParts,
  head: Head,
  member: Member,
  seqs: readonly number[],
): Promise<void> => {
  const { conversationId } = head;
  const there = seqs.filter((seq) => seq <= head.headSeq);
  if (there.length === 0) return;
  const known = [...there, ...(await ownMessages(parts.log, conversationId, member, there))];
  const { raised } = await parts.log.acknowledge(conversationId, member.userId, known, parts.clock.now());
  await announceReceipts(parts, head, member.userId, raised);
};

/**
 * Records that exactly these messages have reached a user. What lies between them was perhaps pushed and lost: it stays
 * unacknowledged, and so comes through the inbox. Places beyond the head are left out; repeating is harmless.
 * @throws ChatError `not-a-member`, `unavailable`
 */
export const acknowledgeMessages =
  (parts: AcknowledgeMessagesParts) =>
  async (userId: string, conversationId: string, seqs: readonly number[]): Promise<void> => {
    if (!isConversationId(conversationId)) throw notAMember();
    const ground = await parts.log.receiptGround(conversationId, userId, Math.max(...seqs));
    if (!ground) throw notAMember();
    await acknowledgeAs(parts, ground.head, ground.member, seqs);
  };
