import type { FoundPage, SearchQuery } from '../contract/search.ts';
import { forEach } from '../domain/chunks.ts';
import type { Member } from '../domain/conversation.ts';
import { asMessage, type LoggedMessage, type Message } from '../domain/message.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { statusAlone } from './conversation-view.ts';
import { requireMember } from './membership.ts';
import {
  maxOpenConversations,
  searchCursorOf,
  searchStateOf,
  type SearchPosition,
  type SearchState,
} from './search-cursor.ts';
import { byActivity, ownAmong, positionsAsOf } from './search-snapshot.ts';
import { SearchSource, type OwnConversation, type SearchSourceParts } from './search-source.ts';

export interface SearchMessagesParts extends SearchSourceParts {
  log: Pick<ConversationLog, 'conversationsOf' | 'head' | 'member' | 'members' | 'read'>;
}

/**
 * What one request may cost besides the messages that it answers, in rows read or written whole. The round that goes
 * beyond it is finished.
 */
const maxCost = 32;

/** Conversations that are searched, or looked up, at once. */
const concurrency = 8;

/** Conversations that are being searched, and those whose turn is still to come. */
interface Progress {
  open: SearchSource[];
  waiting: SearchPosition[];
  begun: SearchState['begun'];
}

type Begin = (position: SearchPosition) => SearchSource | undefined;

/** As many as may be open are, so that what is newer in one of them comes before what is older in another. */
const fill = (progress: Progress, begin: Begin): void => {
  progress.open = progress.open.filter(({ isDone }) => !isDone);
  while (progress.open.length < maxOpenConversations) {
    const position = progress.waiting.shift();
    if (!position) return;
    progress.begun = position;
    const source = begin(position);
    if (source) progress.open.push(source);
  }
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Newest first; of the same time those that need no more work. */
const byTime = (a: SearchSource, b: SearchSource): number =>
  compare(b.at, a.at) || Number(a.next === undefined) - Number(b.next === undefined);

/** Takes the newest messages of all conversations, as many as are asked for and can be had at the cost. */
const collect = async (progress: Progress, begin: Begin, limit: number): Promise<LoggedMessage[]> => {
  const messages: LoggedMessage[] = [];
  let cost = 0;
  while (messages.length < limit) {
    fill(progress, begin);
    const sources = progress.open.toSorted(byTime);
    const message = sources[0]?.take();
    if (message) messages.push(message);
    else if (sources.length === 0 || cost >= maxCost + limit) break;
    else {
      // The first is waited for; the others next to it probably will be.
      const searching = sources.filter(({ next }) => next === undefined).slice(0, concurrency);
      const taken = await Promise.all(searching.map((source) => source.advance()));
      cost += taken.reduce((sum, one) => sum + one, 0);
    }
  }
  fill(progress, begin);
  return messages;
};

/** Where a search begins, or goes on; with what of it is the user's still. */
const progressOf = async (
  log: SearchMessagesParts['log'],
  conversations: readonly OwnConversation[],
  state: SearchState,
  begin: Begin,
): Promise<Progress> => {
  const { open, begun } = state;
  const others = conversations.filter(
    ({ head }) => !open.some(({ conversationId }) => conversationId === head.conversationId),
  );
  const positions = await positionsAsOf(log, others, state.asOf);
  return {
    open: open.map(begin).filter((source) => source !== undefined),
    waiting: positions.filter((position) => !begun || byActivity(begun, position) < 0).sort(byActivity),
    begun,
  };
};

const cursorOf = (
  { open, waiting, begun }: Progress,
  asOf: number,
  scope: readonly string[],
): string | null =>
  open.length === 0 && waiting.length === 0
    ? null
    : searchCursorOf(
        { asOf, open: open.map(({ position }) => position), begun: waiting.length > 0 ? begun : null },
        scope,
      );

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
 * @throws ChatError `not-a-member` before anything else, then what `read` throws, `malformed-request`, `unavailable`
 */
export const searchMessages =
  (parts: SearchMessagesParts) =>
  async (userId: string, conversationId: string | undefined, read: () => SearchQuery): Promise<FoundPage> => {
    const { log, clock } = parts;
    if (conversationId !== undefined) await requireMember(log, conversationId, userId);
    const { q: terms, senderId, cursor, limit } = read();
    const scope = [userId, conversationId ?? '', senderId ?? '', ...terms];
    const last = cursor === undefined ? undefined : searchStateOf(cursor, scope);
    const ids = await idsFor(log, userId, conversationId, last);
    const conversations = await ownAmong(log, userId, ids);
    const state = last ?? newState(conversations, clock.now());

    const own = new Map(conversations.map((one) => [one.head.conversationId, one]));
    const begin: Begin = (position) => {
      const conversation = own.get(position.conversationId);
      return conversation && new SearchSource(parts, conversation, position, { terms, senderId });
    };
    const progress = await progressOf(log, conversations, state, begin);
    const messages = await collect(progress, begin, limit);
    return {
      items: await viewsOf(log, messages),
      nextCursor: cursorOf(progress, state.asOf, scope),
    };
  };
