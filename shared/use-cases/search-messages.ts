import type { FoundPage, SearchQuery } from '../contract/search.ts';
import { forEach } from '../domain/chunks.ts';
import type { Member } from '../domain/conversation.ts';
import { asMessage, type LoggedMessage, type Message } from '../domain/message.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { statusAlone } from './conversation-view.ts';
import { requireMember } from './membership.ts';
import { searchCursorOf, searchStateOf, type SearchPosition, type SearchState } from './search-cursor.ts';
import { SearchMerge } from './search-merge.ts';
import { byActivity, ownAmong, positionsAsOf } from './search-snapshot.ts';
import { SearchSource, type OwnConversation, type SearchSourceParts } from './search-source.ts';

export interface SearchMessagesParts extends SearchSourceParts {
  log: Pick<ConversationLog, 'conversationsOf' | 'head' | 'member' | 'members' | 'read'>;
  rateLimiter: RateLimiter;
}

/** Members of conversations that are looked up at once. */
const concurrency = 8;

/** The conversations, in their order, that a search has not begun with yet. */
const waitingOf = async (
  log: SearchMessagesParts['log'],
  conversations: readonly OwnConversation[],
  { asOf, open, begun }: SearchState,
): Promise<SearchPosition[]> => {
  const isOpen = new Set(open.map(({ conversationId }) => conversationId));
  const others = conversations.filter(({ head }) => !isOpen.has(head.conversationId));
  const positions = await positionsAsOf(log, others, asOf);
  return positions.filter((position) => !begun || byActivity(begun, position) < 0).sort(byActivity);
};

/** How far they have come is told without when, which is for the history to tell. */
const viewsOf = async (
  log: Pick<ConversationLog, 'members'>,
  messages: readonly LoggedMessage[],
): Promise<Message[]> => {
  const members = new Map<string, Member[]>();
  const ids = [...new Set(messages.map(({ conversationId }) => conversationId))];
  await forEach(ids, concurrency, async (id) => members.set(id, await log.members(id)));
  return messages.map((message) =>
    asMessage(message, statusAlone(members.get(message.conversationId) ?? [], message)),
  );
};

/** Where a search may find something: everywhere, or where it has not finished if there is nothing else to begin with. */
const idsFor = (
  log: Pick<ConversationLog, 'conversationsOf'>,
  userId: string,
  conversationId: string | undefined,
  state: SearchState | undefined,
): Promise<string[]> => {
  if (conversationId !== undefined) return Promise.resolve([conversationId]);
  if (state?.begun === null) return Promise.resolve(state.open.map((position) => position.conversationId));
  return log.conversationsOf(userId);
};

/** A search begins as of now; or of the newest message, for whoever dated that has a clock that is ahead. */
const newState = (conversations: readonly OwnConversation[], now: Date): SearchState => ({
  asOf: Math.max(now.getTime(), ...conversations.map(({ head }) => Date.parse(head.lastActivityAt))),
  open: [],
  begun: null,
});

/**
 * The messages with all these words, newest first, in a conversation or in all that the user is in; of these the sixteen
 * that were last active at a time. Work is bounded: a page may have less than was asked for, even nothing, and another
 * page all the same. What came after the first page was asked for is not found.
 * @param conversationId where to look; undefined: everywhere
 * @param read gives the query; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else, then what `read` throws, `malformed-request`, `rate-limited`,
 * `unavailable`
 */
export const searchMessages =
  (parts: SearchMessagesParts) =>
  async (userId: string, conversationId: string | undefined, read: () => SearchQuery): Promise<FoundPage> => {
    const { log, clock } = parts;
    if (conversationId !== undefined) await requireMember(log, conversationId, userId);
    const { q: terms, senderId, cursor, limit } = read();
    const scope = [userId, conversationId ?? '', senderId ?? '', ...terms];
    const last = cursor === undefined ? undefined : searchStateOf(cursor, scope);
    await parts.rateLimiter.take('search', userId);
    const ids = await idsFor(log, userId, conversationId, last);
    const conversations = await ownAmong(log, userId, ids);
    const state = last ?? newState(conversations, clock.now());

    const own = new Map(conversations.map((one) => [one.head.conversationId, one]));
    const begin = (position: SearchPosition): SearchSource | undefined => {
      const conversation = own.get(position.conversationId);
      return conversation && new SearchSource(parts, conversation, position, { terms, senderId });
    };
    const merge = new SearchMerge(begin, state, await waitingOf(log, conversations, state));
    const items = await viewsOf(log, await merge.take(limit));
    const { rest } = merge;
    return { items, nextCursor: rest ? searchCursorOf({ asOf: state.asOf, ...rest }, scope) : null };
  };
