import type { PageQuery } from '../contract/lists.ts';
import { forEach } from '../domain/chunks.ts';
import { ChatError } from '../domain/errors.ts';
import { directConversationId } from '../domain/identifiers.ts';
import type { PresenceState } from '../domain/presence.ts';
import { isUserId } from '../domain/user.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';
import { requireMember } from './membership.ts';
import { pageOf, type Page } from './page.ts';
import { isSilenced } from './require-unblocked.ts';

export interface GetPresenceParts {
  log: Pick<ConversationLog, 'member' | 'members' | 'conversationsOf'>;
  presence: Pick<Presence, 'standing'>;
  blocks: Pick<Blocks, 'blockersIn'>;
}

/** Users looked at together. */
const concurrency = 32;

/** What a user and who has blocked them, or was blocked by them, see of each other: as if they had never been there. */
const nobody: PresenceState = { online: false, lastSeenAt: null };

const stateOf = async ({ presence }: GetPresenceParts, userId: string): Promise<PresenceState> => {
  const { online, lastSeenAt } = await presence.standing(userId, 'cached');
  return { online, lastSeenAt };
};

/** The direct conversation of two is found by its id; only without one all conversations of both are looked through. */
const shareConversation = async (
  log: GetPresenceParts['log'],
  callerId: string,
  userId: string,
): Promise<boolean> => {
  if (callerId === userId) return true;
  if (await log.member(directConversationId(callerId, userId), callerId)) return true;
  const [own, theirs] = await Promise.all([log.conversationsOf(callerId), log.conversationsOf(userId)]);
  return !new Set(own).isDisjointFrom(new Set(theirs));
};

/**
 * Whether a user is there, for who shares a conversation with them. Where one has blocked the other, neither seems to be.
 * @throws ChatError `not-found` for anybody else, whether or not there is such a user; `unavailable`
 */
export const getUserPresence =
  (parts: GetPresenceParts) =>
  async (callerId: string, userId: string): Promise<PresenceState> => {
    if (!isUserId(userId) || !(await shareConversation(parts.log, callerId, userId)))
      throw new ChatError('not-found', 'There is no such user in any of your conversations.');
    const isHidden =
      callerId !== userId && (await isSilenced(parts.blocks, directConversationId(callerId, userId)));
    return isHidden ? nobody : stateOf(parts, userId);
  };

/**
 * Who of a conversation is there, member by member. Blocks count in direct conversations only.
 * @throws ChatError `not-a-member`, `malformed-request`, `unavailable`
 */
export const getConversationPresence =
  (parts: GetPresenceParts) =>
  async (
    callerId: string,
    conversationId: string,
    query: () => PageQuery,
  ): Promise<Page<{ userId: string } & PresenceState>> => {
    await requireMember(parts.log, conversationId, callerId);
    const members = await parts.log.members(conversationId);
    const page = pageOf(
      members.map(({ userId }) => userId),
      (userId) => userId,
      query(),
    );
    const isHidden = await isSilenced(parts.blocks, conversationId);
    const states = new Map<string, PresenceState>();
    await forEach(page.items, concurrency, async (userId) =>
      states.set(userId, isHidden && userId !== callerId ? nobody : await stateOf(parts, userId)),
    );
    return {
      items: page.items.map((userId) => ({ userId, ...(states.get(userId) ?? nobody) })),
      nextCursor: page.nextCursor,
    };
  };
