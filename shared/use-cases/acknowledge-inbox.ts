import type { Inbox } from '../ports/inbox.ts';
import { forEach } from '../domain/chunks.ts';
import { ChatError } from '../domain/errors.ts';
import { acknowledgeAs, type AcknowledgeMessagesParts } from './acknowledge-messages.ts';

export interface AcknowledgeInboxParts extends AcknowledgeMessagesParts {
  inbox: Pick<Inbox, 'find' | 'remove'>;
}

/** Conversations worked on at once. */
const concurrency = 8;

/** Who leaves a conversation meanwhile has nothing to acknowledge in it, and all the rest has to go all the same. */
const unlessLeft = (error: unknown): void => {
  if (!(error instanceof ChatError && error.code === 'not-a-member')) throw error;
};

/**
 * Takes messages out of a user's inbox for good: they count as delivered; and refusals. Exactly the rows named go; ids that name
 * nothing are left out, so repeating is harmless.
 * @returns how many were there
 */
export const acknowledgeInbox =
  (parts: AcknowledgeInboxParts) =>
  async (userId: string, inboxIds: readonly string[]): Promise<number> => {
    const items = await parts.inbox.find(userId, [...new Set(inboxIds)]);
    const messages = items.flatMap((item) => ('message' in item ? [item.message] : []));
    const byConversation = Map.groupBy(messages, ({ conversationId }) => conversationId);
    // Watermarks first: if this stops half way, the rows are still there and are left out of the next reading.
    await forEach([...byConversation], concurrency, async ([conversationId, group]) => {
      const seqs = group.map(({ seq }) => seq);
      const ground = await parts.log.receiptGround(conversationId, userId, Math.max(...seqs));
      if (!ground) return; // a conversation the user has left
      await acknowledgeAs(parts, ground.head, ground.member, seqs).catch(unlessLeft);
    });
    await parts.inbox.remove(
      userId,
      items.map(({ inboxId }) => inboxId),
    );
    return items.length;
  };
