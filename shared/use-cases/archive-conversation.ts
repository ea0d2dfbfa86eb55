import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireMember } from './membership.ts';

export interface ArchiveConversationParts {
  log: Pick<ConversationLog, 'member' | 'archive'>;
  broadcaster: Pick<Broadcaster, 'toUser'>;
  clock: Clock;
}

/**
 * Puts a conversation out of a member's list, or back into it; others do not notice, the member's devices are told.
 * @throws ChatError `not-a-member`, `unavailable`
 */
export const archiveConversation =
  ({ log, broadcaster, clock }: ArchiveConversationParts) =>
  async (userId: string, conversationId: string, isArchived: boolean): Promise<void> => {
    await requireMember(log, conversationId, userId);
    const now = clock.now();
    await log.archive(conversationId, userId, isArchived ? now : null);
    const at = now.toISOString();
    const archivedAt = isArchived ? at : null;
    // One that is lost does no harm: the list of conversations tells.
    await broadcaster
      .toUser(userId, { type: 'conversation.archived', at, conversationId, archivedAt })
      .catch(() => undefined);
  };
