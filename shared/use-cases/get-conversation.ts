import type { ConversationView } from '../contract/conversations.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { viewOf, type ViewParts } from './conversation-view.ts';
import { requireHead, requireMember } from './membership.ts';

export interface GetConversationParts extends ViewParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'listing' | 'countOfOthers'>;
}

/** A conversation as a member sees it. @throws ChatError `not-a-member`, `unavailable` */
export const getConversation =
  (parts: GetConversationParts) =>
  async (userId: string, conversationId: string): Promise<ConversationView> => {
    const own = await requireMember(parts.log, conversationId, userId);
    const [head, listing] = await Promise.all([
      requireHead(parts.log, conversationId),
      parts.log.listing(conversationId, userId),
    ]);
    return viewOf(parts, { head, own, listing });
  };
