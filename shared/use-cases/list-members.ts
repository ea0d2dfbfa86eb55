import type { Members, Receipts } from '../contract/changes.ts';
import type { PageQuery } from '../contract/lists.ts';
import type { Member } from '../domain/conversation.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Profiles } from '../ports/profiles.ts';
import { memberViews } from './conversation-view.ts';
import { requireMember } from './membership.ts';

export interface ListMembersParts {
  log: Pick<ConversationLog, 'member' | 'members'>;
  profiles: Profiles;
}

interface MemberPage {
  members: Member[];
  nextCursor: string | null;
}

/** A page of members by user id; the cursor is the last one's. */
const pageOf = async (
  { log }: Pick<ListMembersParts, 'log'>,
  userId: string,
  conversationId: string,
  read: () => PageQuery,
): Promise<MemberPage> => {
  await requireMember(log, conversationId, userId);
  const { limit, cursor = '' } = read();
  const all = (await log.members(conversationId)).sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const rest = all.filter((member) => member.userId > cursor);
  const members = rest.slice(0, limit);
  return { members, nextCursor: rest.length > limit ? (members.at(-1)?.userId ?? null) : null };
};

/**
 * The members of a conversation with their roles and names.
 * @param read gives the query; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member`, what `read` throws, `unavailable`
 */
export const listMembers =
  (parts: ListMembersParts) =>
  async (userId: string, conversationId: string, read: () => PageQuery): Promise<Members> => {
    const { members, nextCursor } = await pageOf(parts, userId, conversationId, read);
    return { items: await memberViews(parts.profiles, members), nextCursor };
  };

/**
 * How far each member has got.
 * @param read gives the query; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member`, what `read` throws, `unavailable`
 */
export const listReceipts =
  (parts: Pick<ListMembersParts, 'log'>) =>
  async (userId: string, conversationId: string, read: () => PageQuery): Promise<Receipts> => {
    const { members, nextCursor } = await pageOf(parts, userId, conversationId, read);
    const items = members.map((member) => ({
      userId: member.userId,
      deliveredSeq: member.deliveredSeq,
      readSeq: member.readSeq,
    }));
    return { items, nextCursor };
  };
