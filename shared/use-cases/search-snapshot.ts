import { forEach } from '../domain/chunks.ts';
import type { Head } from '../domain/conversation.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { SearchPosition } from './search-cursor.ts';
import type { OwnConversation } from './search-source.ts';

/** Conversations looked at together. */
const concurrency = 32;

/** Those of some conversations that a user is in. */
export const ownAmong = async (
  log: Pick<ConversationLog, 'head' | 'member'>,
  userId: string,
  conversationIds: readonly string[],
): Promise<OwnConversation[]> => {
  const found: OwnConversation[] = [];
  await forEach(conversationIds, concurrency, async (id) => {
    const [head, own] = await Promise.all([log.head(id), log.member(id, userId)]);
    if (head && own) found.push({ head, own });
  });
  return found;
};

type ReadLog = Pick<ConversationLog, 'read'>;

const timeAt = async (log: ReadLog, { conversationId }: Head, seq: number): Promise<number> => {
  const [message] = await log.read(conversationId, { from: seq, to: seq });
  return message ? Date.parse(message.createdAt) : 0;
};

/** The newest place that was there at a time, in steps that double, and then halve: a few reads where little came since. */
const placeAsOf = async (log: ReadLog, head: Head, asOf: number): Promise<SearchPosition> => {
  const { conversationId } = head;
  let [low, high] = [head.headSeq, head.headSeq + 1];
  let at = Date.parse(head.lastActivityAt);
  for (let step = 1; low > 0 && at > asOf; step *= 2) {
    [low, high] = [Math.max(0, low - step), low];
    at = low > 0 ? await timeAt(log, head, low) : 0;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const time = await timeAt(log, head, middle);
    if (time > asOf) high = middle;
    else [low, at] = [middle, time];
  }
  return { conversationId, upTo: low, at };
};

/** Where a search of each of these conversations begins, as if it were still the time when the search began. */
export const positionsAsOf = async (
  log: ReadLog,
  conversations: readonly OwnConversation[],
  asOf: number,
): Promise<SearchPosition[]> => {
  const positions: SearchPosition[] = [];
  await forEach(conversations, concurrency, async ({ head }) => {
    const position = await placeAsOf(log, head, asOf);
    if (position.upTo > 0) positions.push(position);
  });
  return positions;
};

/** Newest activity first; of the same time in the order of their ids, so that each has one place. */
export const byActivity = (
  a: Pick<SearchPosition, 'conversationId' | 'at'>,
  b: Pick<SearchPosition, 'conversationId' | 'at'>,
): number => b.at - a.at || (a.conversationId < b.conversationId ? -1 : 1);
