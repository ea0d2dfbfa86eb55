import { forEach } from '../domain/chunks.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { allOf, unreadIn } from './conversation-view.ts';

export interface CountUnreadParts {
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'member' | 'countOfOthers'>;
}

export interface UnreadCounts {
  total: number;
  /** Conversations with something unread only. */
  conversations: { conversationId: string; unreadCount: number }[];
}

/** Conversations counted at once. */
const concurrency = 32;

/** What a user has not read, in each conversation and in all; counted, so that it cannot drift. Archived ones too. */
export const countUnread =
  ({ log }: CountUnreadParts) =>
  async (userId: string): Promise<UnreadCounts> => {
    const conversations: UnreadCounts['conversations'] = [];
    await forEach(await allOf(log, userId), concurrency, async (seen) => {
      const unreadCount = await unreadIn(log, seen);
      if (unreadCount > 0) conversations.push({ conversationId: seen.head.conversationId, unreadCount });
    });
    conversations.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
    return { total: conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0), conversations };
  };
