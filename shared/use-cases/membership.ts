import type { Head, Member } from '../domain/conversation.ts';
import { notAMember } from '../domain/errors.ts';
import { isConversationId } from '../domain/identifiers.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

/**
 * The caller's place in a conversation.
 * @param freshness `cached` may be a second or two old: for what costs little and often comes again
 * @throws ChatError `not-a-member`, also for an id that can name no conversation
 */
export const requireMember = async (
  log: Pick<ConversationLog, 'member'>,
  conversationId: string,
  userId: string,
  freshness: 'now' | 'cached' = 'now',
): Promise<Member> => {
  const member = isConversationId(conversationId)
    ? await log.member(conversationId, userId, freshness)
    : undefined;
  if (!member) throw notAMember();
  return member;
};

/** The head of a conversation of the caller's. @throws ChatError `not-a-member` if it is gone */
export const requireHead = async (
  log: Pick<ConversationLog, 'head'>,
  conversationId: string,
): Promise<Head> => {
  const head = await log.head(conversationId);
  if (!head) throw notAMember();
  return head;
};
