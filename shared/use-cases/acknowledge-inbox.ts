import type { Inbox, InboxItem } from '../ports/inbox.ts';
import { acknowledgeAs, type AcknowledgeMessagesParts } from './acknowledge-messages.ts';

export interface AcknowledgeInboxParts extends AcknowledgeMessagesParts {
  inbox: Pick<Inbox, 'find' | 'remove'>;
}

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
    for (const [conversationId, group] of byConversation) {
      const member = await parts.log.member(conversationId, userId);
      const seqs = group.map(({ message }) => message.seq);
      if (member) await acknowledgeAs(parts, conversationId, member, seqs);
    }
    await parts.inbox.remove(
      userId,
      items.map(({ inboxId }) => inboxId),
    );
    return items.length;
  };
