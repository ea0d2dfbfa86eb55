import type { Member } from '../domain/conversation.ts';
import { ChatError } from '../domain/errors.ts';
import { isConversationId } from '../domain/identifiers.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

/** One answer for what does not exist and what is not for the caller, so that nobody learns which it is. */
export const notAMember = (): ChatError =>
  new ChatError('not-a-member', 'You are not a member of this conversation, or it does not exist.');

/**
 * The caller's place in a conversation.
 * @throws ChatError `not-a-member`, also for an id that can name no conversation
 */
export const requireMember = async (
  log: Pick<ConversationLog, 'member'>,
  conversationId: string,
  userId: string,
): Promise<Member> => {
  const member = isConversationId(conversationId) ? await log.member(conversationId, userId) : undefined;
  if (!member) throw notAMember();
  return member;
};
