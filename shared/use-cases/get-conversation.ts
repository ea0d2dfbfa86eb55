import { notAMember } from '../domain/errors.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { viewOf, type ConversationView } from './conversation-view.ts';
import { requireMember } from './membership.ts';

export interface GetConversationParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members'>;
}

/** A conversation as a member sees it. @throws ChatError `not-a-member`, `unavailable` */
export const getConversation =
  ({ log }: GetConversationParts) =>
  async (userId: string, conversationId: string): Promise<ConversationView> => {
    await requireMember(log, conversationId, userId);
    const [head, members] = await Promise.all([log.head(conversationId), log.members(conversationId)]);
    if (!head) throw notAMember();
    return viewOf(head, members, userId);
  };
