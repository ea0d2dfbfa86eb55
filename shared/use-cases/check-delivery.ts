import { isDelivered, type Member } from '../domain/conversation.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { DeliveryCheck } from '../ports/outbox.ts';
import { inChunks } from './chunks.ts';

export interface CheckDeliveryParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'read' | 'noteChecked'>;
  inbox: Pick<Inbox, 'keep'>;
}

/** Messages read and kept at a time. */
const batch = 100;

/** Members worked on at once. */
const concurrency = 32;

const firstUnchecked = ({ deliveredSeq, checkedSeq }: Member): number =>
  Math.max(deliveredSeq, checkedSeq) + 1;

const missingOf = (member: Member, messages: LoggedMessage[]): LoggedMessage[] =>
  messages.filter(
    ({ seq, senderId }) =>
      seq >= firstUnchecked(member) && senderId !== member.userId && !isDelivered(member, seq),
  );

/**
 * Looks whether what was pushed to a user, or to all members, was acknowledged, and keeps in the inbox what was not. Each
 * message is looked at once, so that a client that never acknowledges costs no more the longer it stays silent.
 * @returns how many inbox rows were written
 */
export const checkDelivery =
  ({ log, inbox }: CheckDeliveryParts) =>
  async ({ conversationId, userId }: DeliveryCheck): Promise<number> => {
    const [head, members] = await Promise.all([
      log.head(conversationId),
      userId === null
        ? log.members(conversationId)
        : log.member(conversationId, userId).then((found) => (found ? [found] : [])),
    ]);
    if (!head || members.length === 0) return 0;
    const kept = new Map<string, number>();
    for (let from = Math.min(...members.map(firstUnchecked)); from <= head.headSeq; from += batch) {
      const messages = await log.read(conversationId, { from, to: Math.min(from + batch - 1, head.headSeq) });
      for (const chunk of inChunks(members, concurrency))
        await Promise.all(
          chunk.map(async (member) => {
            const missing = missingOf(member, messages);
            if (missing.length === 0) return;
            await inbox.keep(member.userId, missing);
            kept.set(member.userId, (kept.get(member.userId) ?? 0) + missing.length);
          }),
        );
    }
    for (const member of kept.keys()) await log.noteChecked(conversationId, member, head.headSeq);
    return [...kept.values()].reduce((sum, count) => sum + count, 0);
  };
