import type { UnreadCounts } from '../contract/lists.ts';
import { forEach } from '../domain/chunks.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { allOf, unreadIn } from './conversation-view.ts';

export interface CountUnreadParts {
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'member' | 'countOfOthers'>;
  clock: Clock;
}

/** Conversations counted at once. */
const concurrency = 32;

/** What a user has not read, in each conversation and in all; counted, so that it cannot drift. Archived ones too. */
export const countUnread =
  (parts: CountUnreadParts) =>
  async (userId: string): Promise<UnreadCounts> => {
    const conversations: UnreadCounts['conversations'] = [];
    await forEach(await allOf(parts.log, userId), concurrency, async (seen) => {
      const unreadCount = await unreadIn(parts, seen);
      if (unreadCount > 0) conversations.push({ conversationId: seen.head.conversationId, unreadCount });
    });
    conversations.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
    return { total: conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0), conversations };
  };
