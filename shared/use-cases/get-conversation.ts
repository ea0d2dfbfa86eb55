import type { ConversationView } from '../contract/conversations.ts';
import { notAMember } from '../domain/errors.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { viewOf, type ViewParts } from './conversation-view.ts';
import { requireMember } from './membership.ts';

export interface GetConversationParts extends ViewParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'listing' | 'countOfOthers'>;
}

/** A conversation as a member sees it. @throws ChatError `not-a-member`, `unavailable` */
export const getConversation =
  (parts: GetConversationParts) =>
  async (userId: string, conversationId: string): Promise<ConversationView> => {
    const own = await requireMember(parts.log, conversationId, userId);
    const [head, listing] = await Promise.all([
      parts.log.head(conversationId),
      parts.log.listing(conversationId, userId),
    ]);
    if (!head) throw notAMember();
    return viewOf(parts, { head, own, listing });
  };
