import type { ConversationView } from '../contract/conversations.ts';
import type { ConversationPage, ConversationsQuery } from '../contract/lists.ts';
import { forEach } from '../domain/chunks.ts';
import type { Head, Listing } from '../domain/conversation.ts';
import { plainText } from '../domain/words.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { viewOf, type ViewParts } from './conversation-view.ts';
import { badCursor } from './page.ts';

export interface ListConversationsParts extends ViewParts {
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'member' | 'members' | 'countOfOthers'>;
}

/** A conversation that the user's list names. */
interface Candidate {
  listing: Listing;
  head: Head;
}

/** Conversations looked at together. */
const concurrency = 32;

/** The newest first; of the same time in the order of their ids, so that a cursor has one place. */
const byLastActivity = ({ head: a }: Candidate, { head: b }: Candidate): number =>
  b.lastActivityAt.localeCompare(a.lastActivityAt) || (a.conversationId < b.conversationId ? -1 : 1);

const isBehind =
  (cursor: string | undefined) =>
  ({ head: { lastActivityAt, conversationId } }: Candidate): boolean => {
    if (cursor === undefined) return true;
    const [at, id] = cursor.split('|');
    if (at === undefined || id === undefined) throw badCursor();
    return lastActivityAt < at || (lastActivityAt === at && conversationId > id);
  };

const hasTitle = ({ q }: ConversationsQuery) => {
  const wanted = q === undefined ? undefined : plainText(q);
  return ({ head: { title } }: Candidate): boolean =>
    wanted === undefined || (title !== null && plainText(title).includes(wanted));
};

/** The order rests on the heads, so all of them are read, but nothing else of what is not on the page. */
const candidatesFor = async (
  { log }: ListConversationsParts,
  userId: string,
  query: ConversationsQuery,
): Promise<Candidate[]> => {
  const listings = await log.listingsOf(userId);
  const wanted = listings.filter(({ archivedAt }) => (archivedAt !== null) === query.archived);
  const all: Candidate[] = [];
  await forEach(wanted, concurrency, async (listing) => {
    const head = await log.head(listing.conversationId);
    if (head) all.push({ listing, head });
  });
  return all.filter(isBehind(query.cursor)).filter(hasTitle(query)).sort(byLastActivity);
};

/** The conversation as its member sees it; undefined when the user is none (any more), or it is not asked for. */
const viewFor = async (
  parts: ListConversationsParts,
  userId: string,
  candidate: Candidate,
  { unreadOnly }: ConversationsQuery,
): Promise<ConversationView | undefined> => {
  const { log } = parts;
  const { head } = candidate;
  if (unreadOnly) {
    // Most are read: one row tells, whereas all members of a group may be a thousand.
    const own = await log.member(head.conversationId, userId);
    if (!own || own.readSeq >= head.headSeq) return undefined;
  }
  const members = await log.members(head.conversationId);
  const own = members.find((member) => member.userId === userId);
  const view = own && (await viewOf(parts, { ...candidate, own }, members));
  return unreadOnly && view?.unreadCount === 0 ? undefined : view;
};

/**
 * The conversations of a user by last activity: who is in them, what was said last and how far that has come, how much
 * is unread. Archived ones apart.
 * @throws ChatError `malformed-request` for a cursor that is none, `unavailable`
 */
export const listConversations =
  (parts: ListConversationsParts) =>
  async (userId: string, query: ConversationsQuery): Promise<ConversationPage> => {
    const candidates = await candidatesFor(parts, userId, query);
    const found: ConversationView[] = [];
    let next = 0;
    while (next < candidates.length && found.length <= query.limit) {
      const missing = query.limit + 1 - found.length; // the one behind the page tells whether there is more
      const chunk = candidates.slice(
        next,
        next + (query.unreadOnly ? concurrency : Math.min(missing, concurrency)),
      );
      next += chunk.length;
      const views = await Promise.all(chunk.map((candidate) => viewFor(parts, userId, candidate, query)));
      found.push(...views.filter((view) => view !== undefined));
    }
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor: found.length > query.limit && last ? `${last.lastActivityAt}|${last.id}` : null,
    };
  };
