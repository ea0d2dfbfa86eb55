import type { UnreadCounts } from '../contract/lists.ts';
import { forEach } from '../domain/chunks.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

export interface CountUnreadParts {
  log: Pick<ConversationLog, 'conversationsOf' | 'member' | 'countOfOthers'>;
  clock: Clock;
}

/** Conversations counted at once. */
const concurrency = 32;

/** What a user has not read, in each conversation and in all; counted, so that it cannot drift. Archived ones too. */
export const countUnread =
  ({ log, clock }: CountUnreadParts) =>
  async (userId: string): Promise<UnreadCounts> => {
    const conversations: UnreadCounts['conversations'] = [];
    await forEach(await log.conversationsOf(userId), concurrency, async (conversationId) => {
      const own = await log.member(conversationId, userId);
      if (!own) return;
      // The head would say where the log ends, and so does the log.
      const behind = { from: own.readSeq + 1, to: Number.MAX_SAFE_INTEGER };
      const unreadCount = await log.countOfOthers(conversationId, userId, behind, clock.now());
      if (unreadCount > 0) conversations.push({ conversationId, unreadCount });
    });
    conversations.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
    return { total: conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0), conversations };
  };
