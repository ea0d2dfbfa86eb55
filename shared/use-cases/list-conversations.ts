import type { ConversationView } from '../contract/conversations.ts';
import type { ConversationPage, ConversationsQuery } from '../contract/lists.ts';
import { inChunks } from '../domain/chunks.ts';
import { malformed } from '../domain/errors.ts';
import { plainText } from '../domain/words.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { allOf, unreadIn, viewOf, type Seen, type ViewParts } from './conversation-view.ts';

export interface ListConversationsParts extends ViewParts {
  log: Pick<ConversationLog, 'listingsOf' | 'head' | 'member' | 'members' | 'countOfOthers'>;
}

/** Conversations looked at together. */
const concurrency = 32;

/** The newest first; of the same time in the order of their ids, so that a cursor has one place. */
const byLastActivity = ({ head: a }: Seen, { head: b }: Seen): number =>
  b.lastActivityAt.localeCompare(a.lastActivityAt) || (a.conversationId < b.conversationId ? -1 : 1);

const isBehind =
  (cursor: string | undefined) =>
  ({ head: { lastActivityAt, conversationId } }: Seen): boolean => {
    if (cursor === undefined) return true;
    const [at, id] = cursor.split('|');
    if (at === undefined || id === undefined)
      throw malformed('/cursor', 'must be a nextCursor of an earlier answer');
    return lastActivityAt < at || (lastActivityAt === at && conversationId > id);
  };

const isWanted = ({ archived, unreadOnly, q }: ConversationsQuery) => {
  const wanted = q === undefined ? undefined : plainText(q);
  return ({ listing, head, own }: Seen): boolean =>
    (listing.archivedAt !== null) === archived &&
    (!unreadOnly || head.headSeq > own.readSeq) &&
    (wanted === undefined || (head.title !== null && plainText(head.title).includes(wanted)));
};

/**
 * The conversations of a user by last activity: who is in them, what was said last and how far that has come, how much
 * is unread. Archived ones apart.
 * @throws ChatError `malformed-request` for a cursor that is none, `unavailable`
 */
export const listConversations =
  (parts: ListConversationsParts) =>
  async (userId: string, query: ConversationsQuery): Promise<ConversationPage> => {
    const all = await allOf(parts.log, userId);
    const candidates = all.filter(isBehind(query.cursor)).filter(isWanted(query)).sort(byLastActivity);
    const page: { seen: Seen; unread: number }[] = [];
    for (const chunk of inChunks(candidates, concurrency)) {
      if (page.length > query.limit) break;
      const counted = await Promise.all(
        chunk.map(async (seen) => ({ seen, unread: await unreadIn(parts, seen) })),
      );
      page.push(...counted.filter(({ unread }) => !query.unreadOnly || unread > 0));
    }
    const items: ConversationView[] = [];
    for (const chunk of inChunks(page.slice(0, query.limit), concurrency))
      items.push(...(await Promise.all(chunk.map(({ seen, unread }) => viewOf(parts, seen, unread)))));
    const last = items.at(-1);
    return {
      items,
      nextCursor: page.length > query.limit && last ? `${last.lastActivityAt}|${last.id}` : null,
    };
  };
