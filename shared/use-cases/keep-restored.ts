import { forEach } from '../domain/chunks.ts';
import { canSee, isDelivered, type Head } from '../domain/conversation.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';

export interface KeepRestoredParts {
  log: Pick<ConversationLog, 'memberIds' | 'members'>;
  inbox: Pick<Inbox, 'keep'>;
  /** Members of larger groups have no inbox rows. */
  inboxGroupSize: number;
}

/** Inbox rows written at once. */
const concurrency = 32;

/**
 * Puts a message that was restored into the inbox of whoever has not got it: an inbox that was read while the message was
 * deleted has cleared it away. Repeating it is harmless. @throws ChatError `unavailable`
 */
export const keepRestored = async (
  { log, inbox, inboxGroupSize }: KeepRestoredParts,
  head: Head,
  message: LoggedMessage,
): Promise<void> => {
  const { seq, senderId, deletedAt } = message;
  if (deletedAt !== null || (await log.memberIds(head)).length > inboxGroupSize) return;
  const lacking = (await log.members(head.conversationId)).filter(
    (member) => member.userId !== senderId && canSee(member, seq) && !isDelivered(member, seq),
  );
  await forEach(lacking, concurrency, ({ userId }) => inbox.keep(userId, [message], head.headRev));
};
