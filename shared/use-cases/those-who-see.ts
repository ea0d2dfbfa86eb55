import { canSee, type Head } from '../domain/conversation.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

/**
 * Who of a group sees a place, if not all do: a push to the group would show it to those for whom it is hidden, who came
 * later or were away. Undefined: everybody; that costs a read only where members have come or gone.
 */
export const thoseWhoSee = async (
  log: Pick<ConversationLog, 'members'>,
  { conversationId, membersRev }: Head,
  seq: number,
): Promise<string[] | undefined> => {
  if (membersRev === 0) return undefined;
  const members = await log.members(conversationId);
  const seeing = members.filter((member) => canSee(member, seq));
  return seeing.length === members.length ? undefined : seeing.map(({ userId }) => userId);
};
