import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireMember } from './membership.ts';

export interface ArchiveConversationParts {
  log: Pick<ConversationLog, 'member' | 'archive'>;
  clock: Clock;
}

/** Puts a conversation out of a member's list, or back into it; others do not notice. @throws ChatError `not-a-member` */
export const archiveConversation =
  ({ log, clock }: ArchiveConversationParts) =>
  async (userId: string, conversationId: string, isArchived: boolean): Promise<void> => {
    await requireMember(log, conversationId, userId);
    await log.archive(conversationId, userId, isArchived ? clock.now() : null);
  };
