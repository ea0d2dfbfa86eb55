import { isDelivered } from '../domain/conversation.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { DeliveryCheck } from '../ports/outbox.ts';

export interface CheckDeliveryParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'read' | 'noteChecked'>;
  inbox: Pick<Inbox, 'keep'>;
}

/** Messages read and kept at a time. */
const batch = 100;

/**
 * Looks whether what was pushed to a user was acknowledged, and keeps in the inbox what was not. Each message is looked
 * at once, so that a client that never acknowledges costs no more the longer it stays silent.
 * @returns how many messages were kept
 */
export const checkDelivery =
  ({ log, inbox }: CheckDeliveryParts) =>
  async ({ conversationId, userId }: DeliveryCheck): Promise<number> => {
    const [head, member] = await Promise.all([log.head(conversationId), log.member(conversationId, userId)]);
    if (!head || !member) return 0;
    const from = Math.max(member.deliveredSeq, member.checkedSeq) + 1;
    let kept = 0;
    for (let start = from; start <= head.headSeq; start += batch) {
      const to = Math.min(start + batch - 1, head.headSeq);
      const messages = await log.read(conversationId, { from: start, to });
      const missing = messages.filter(
        ({ seq, senderId }) => senderId !== userId && !isDelivered(member, seq),
      );
      if (missing.length > 0) await inbox.keep(userId, missing);
      kept += missing.length;
    }
    if (kept > 0) await log.noteChecked(conversationId, userId, head.headSeq);
    return kept;
  };
