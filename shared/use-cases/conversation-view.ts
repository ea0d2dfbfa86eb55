import { forEach } from '../domain/chunks.ts';
import type { Head, Listing, Member, Metadata, Role } from '../domain/conversation.ts';
import { asMessage, type Message } from '../domain/message.ts';
import { statusOf } from '../domain/progress.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Profile, Profiles } from '../ports/profiles.ts';

/** A conversation as one of its members sees it. */
export interface ConversationView {
  id: string;
  type: Head['type'];
  title: string | null;
  metadata: Metadata | null;
  externalRef: string | null;
  createdBy: string;
  createdAt: string;
  lastActivityAt: string;
  /** Its text may be shortened. */
  lastMessage: Message | null;
  members: ({ userId: string; role: Role } & Profile)[];
  headSeq: number;
  headRev: number;
  deliveredSeq: number;
  readSeq: number;
  /** Messages of others that the member has not read. */
  unreadCount: number;
  archivedAt: string | null;
}

/** What a view is made from besides the log's rows. */
export interface ViewParts {
  log: Pick<ConversationLog, 'members' | 'countOfOthers'>;
  profiles: Profiles;
}

/** A conversation, its user's place in it, and what the user has set for it. */
export interface Seen {
  head: Head;
  own: Member;
  listing: Pick<Listing, 'archivedAt'>;
}

/** How many messages of others are unread, counted from the log, and only where there is something new. */
export const unreadIn = (
  log: Pick<ConversationLog, 'countOfOthers'>,
  { head, own }: Pick<Seen, 'head' | 'own'>,
): Promise<number> =>
  own.readSeq >= head.headSeq
    ? Promise.resolve(0)
    : log.countOfOthers(head.conversationId, own.userId, { from: own.readSeq + 1, to: head.headSeq });

/** @param unreadCount when it is known already */
export const viewOf = async (
  parts: ViewParts,
  seen: Seen,
  unreadCount?: number,
): Promise<ConversationView> => {
  const { head, own, listing } = seen;
  const members = await parts.log.members(head.conversationId);
  const [profiles, unread] = await Promise.all([
    parts.profiles.find(members.map(({ userId }) => userId)),
    unreadCount ?? unreadIn(parts.log, seen),
  ]);
  const {
    conversationId: id,
    type,
    title,
    metadata,
    externalRef,
    createdBy,
    createdAt,
    lastActivityAt,
  } = head;
  return {
    ...{ id, type, title, metadata, externalRef, createdBy, createdAt, lastActivityAt },
    lastMessage: head.lastMessage && asMessage(head.lastMessage, statusAlone(members, head.lastMessage)),
    members: members.map(({ userId, role }) => {
      const { fullName = null, avatarUrl = null } = profiles.get(userId) ?? {};
      return { userId, role, fullName, avatarUrl };
    }),
    headSeq: head.headSeq,
    headRev: head.headRev,
    deliveredSeq: own.deliveredSeq,
    readSeq: own.readSeq,
    unreadCount: unread,
    archivedAt: listing.archivedAt,
  };
};

/** When is for the history to tell. */
const statusAlone = (members: Member[], message: Parameters<typeof statusOf>[1]) => ({
  status: statusOf(members, message),
  deliveredAt: null,
  readAt: null,
});

/** Conversations looked at together. */
const concurrency = 32;

/** All conversations of a user, in no order. */
export const allOf = async (
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'member'>,
  userId: string,
): Promise<Seen[]> => {
  const all: Seen[] = [];
  await forEach(await log.listingsOf(userId), concurrency, async (listing) => {
    const { conversationId } = listing;
    const [head, own] = await Promise.all([log.head(conversationId), log.member(conversationId, userId)]);
    if (head && own) all.push({ listing, head, own });
  });
  return all;
};
