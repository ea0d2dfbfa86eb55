import { isDelivered, type Member } from '../domain/conversation.ts';
import { createdEvent } from '../domain/event.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { DeliveryCheck } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';
import { forEach } from '../domain/chunks.ts';

export interface CheckDeliveryParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'read' | 'noteChecked'>;
  inbox: Pick<Inbox, 'keep'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser'>;
}

/** Messages read and kept at a time. */
const batch = 100;

/** Members worked on at once. */
const concurrency = 32;

/** Messages pushed again to one user; whoever misses more sees by their seq that there are more to fetch. */
const pushes = 20;

const firstUnchecked = ({ deliveredSeq, checkedSeq }: Member): number =>
  Math.max(deliveredSeq, checkedSeq) + 1;

const missingOf = (member: Member, messages: LoggedMessage[]): LoggedMessage[] =>
  messages.filter(
    ({ seq, senderId }) =>
      seq >= firstUnchecked(member) && senderId !== member.userId && !isDelivered(member, seq),
  );

/**
 * The push may have been lost, or the user have read the inbox before the row came: a client that is there is told now.
 * One that cannot be told finds the rows.
 */
const pushAgain = async (
  { presence, broadcaster }: CheckDeliveryParts,
  userId: string,
  messages: readonly LoggedMessage[],
): Promise<void> => {
  if (!(await presence.isOnline(userId, 'now'))) return;
  for (const message of messages) {
    try {
      await broadcaster.toUser(userId, createdEvent(message));
    } catch {
      return; // live delivery is away; the inbox has it
    }
  }
};

/**
 * Looks whether what was pushed to a user, or to all members, was acknowledged, and keeps in the inbox what was not. Each
 * message is looked at once: whoever is online is pushed it again, and a client that never acknowledges costs no more the
 * longer it stays silent.
 * @returns how many inbox rows were written
 */
export const checkDelivery =
  (parts: CheckDeliveryParts) =>
  async ({ conversationId, userId }: DeliveryCheck): Promise<number> => {
    const { log, inbox } = parts;
    const [head, members] = await Promise.all([
      log.head(conversationId),
      userId === null
        ? log.members(conversationId)
        : log.member(conversationId, userId).then((found) => (found ? [found] : [])),
    ]);
    if (!head || members.length === 0) return 0;
    const kept = new Map<string, LoggedMessage[]>();
    let count = 0;
    for (let from = Math.min(...members.map(firstUnchecked)); from <= head.headSeq; from += batch) {
      const to = Math.min(from + batch - 1, head.headSeq);
      const messages = await log.read(conversationId, { from, to });
      await forEach(members, concurrency, async (member) => {
        const missing = missingOf(member, messages);
        if (missing.length === 0) return;
        await inbox.keep(member.userId, missing);
        // Noted after each batch: what stops half way goes on from there.
        await log.noteChecked(conversationId, member.userId, to);
        kept.set(member.userId, [...(kept.get(member.userId) ?? []), ...missing].slice(-pushes));
        count += missing.length;
      });
    }
    await forEach([...kept], concurrency, ([member, messages]) => pushAgain(parts, member, messages));
    return count;
  };
