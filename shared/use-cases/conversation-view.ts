import type { ConversationView } from '../contract/conversations.ts';
import { mutingAt, type Head, type Listing, type Member } from '../domain/conversation.ts';
import { asMessage, shownAt } from '../domain/message.ts';
import { statusOf } from '../domain/progress.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Profiles } from '../ports/profiles.ts';

/** What a view is made from besides the log's rows. */
export interface ViewParts {
  log: Pick<ConversationLog, 'members' | 'countOfOthers'>;
  profiles: Profiles;
  clock: Clock;
}

/** A conversation, its user's place in it, and what the user has set for it. */
export interface Seen {
  head: Head;
  own: Member;
  listing: Pick<Listing, 'archivedAt' | 'mutedUntil'>;
}

export interface UnreadParts {
  log: Pick<ConversationLog, 'countOfOthers'>;
  clock: Clock;
}

/** How many messages of others are unread, counted from the log, and only where there is something new. */
export const unreadIn = (
  { log, clock }: UnreadParts,
  { head, own }: Pick<Seen, 'head' | 'own'>,
): Promise<number> => {
  if (own.readSeq >= head.headSeq) return Promise.resolve(0);
  const range = { from: own.readSeq + 1, to: head.headSeq };
  return log.countOfOthers(head.conversationId, own.userId, range, clock.now());
};

/** Members as the others see them. */
export const memberViews = async (
  profiles: Profiles,
  members: readonly Member[],
): Promise<ConversationView['members']> => {
  const known = await profiles.find(members.map(({ userId }) => userId));
  return members.map(({ userId, role }) => {
    const { fullName = null, avatarUrl = null } = known.get(userId) ?? {};
    return { userId, role, fullName, avatarUrl };
  });
};

/** @param known the members, when they have been read already */
export const viewOf = async (
  parts: ViewParts,
  seen: Seen,
  known?: readonly Member[],
): Promise<ConversationView> => {
  const { head, own, listing } = seen;
  const members = known ?? (await parts.log.members(head.conversationId));
  const [views, unread] = await Promise.all([memberViews(parts.profiles, members), unreadIn(parts, seen)]);
  const last = head.lastMessage && shownAt(head.lastMessage, parts.clock.now());
  return {
    id: head.conversationId,
    type: head.type,
    title: head.title,
    metadata: head.metadata,
    retentionSeconds: head.retentionSeconds,
    earlierHistory: head.earlierHistory,
    externalRef: head.externalRef,
    createdBy: head.createdBy,
    createdAt: head.createdAt,
    lastActivityAt: head.lastActivityAt,
    lastMessage: last && asMessage(last, statusAlone(members, last)),
    members: views,
    headSeq: head.headSeq,
    headRev: head.headRev,
    deliveredSeq: own.deliveredSeq,
    readSeq: own.readSeq,
    hidden: own.hidden,
    unreadCount: unread,
    archivedAt: listing.archivedAt,
    ...mutingAt(listing, parts.clock.now()),
  };
};

/** When is for the history to tell. */
export const statusAlone = (members: readonly Member[], message: Parameters<typeof statusOf>[1]) => ({
  status: statusOf(members, message),
  deliveredAt: null,
  readAt: null,
});
