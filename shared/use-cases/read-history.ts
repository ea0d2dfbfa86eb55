import type { HistoryPage, HistoryQuery } from '../contract/lists.ts';
import type { ConversationLog, SeqRange } from '../ports/conversation-log.ts';
import { requireHead, requireMember } from './membership.ts';
import { messageViews, type MessageViewParts } from './message-views.ts';

export interface ReadHistoryParts extends MessageViewParts {
  log: Pick<ConversationLog, 'member' | 'head' | 'members' | 'read' | 'moves'>;
}

interface Window extends SeqRange {
  /** Which way the next page lies. */
  towards: 'older' | 'newer';
}

const older = (before: number, limit: number): Window => ({
  from: before - limit,
  to: before - 1,
  towards: 'older',
});

const newer = (after: number, limit: number): Window => ({
  from: after + 1,
  to: after + limit,
  towards: 'newer',
});

/** Which places a query asks for. Pages are arithmetic on `seq`; page 1 is the newest. */
const windowOf = (query: HistoryQuery, headSeq: number): Window => {
  const { limit } = query;
  if (query.cursor !== undefined) {
    const seq = Number(query.cursor.slice(1));
    return query.cursor.startsWith('b') ? older(Math.min(seq, headSeq + 1), limit) : newer(seq, limit);
  }
  if (query.before !== undefined) return older(Math.min(query.before, headSeq + 1), limit);
  if (query.after !== undefined) return newer(query.after, limit);
  if (query.around !== undefined) return newer(query.around - 1 - Math.floor((limit - 1) / 2), limit);
  const size = Math.min(query.pageSize ?? limit, 200);
  return older(headSeq + 1 - ((query.page ?? 1) - 1) * size, size);
};

const nextCursor = ({ from, to, towards }: Window, headSeq: number): string | null => {
  if (towards === 'older') return from > 1 ? `b${from}` : null;
  return to < headSeq ? `a${to}` : null;
};

/**
 * A page of a conversation in ascending order, each message with how far it has come. Places that the member never sees
 * are left out.
 * @param read gives the query; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else, then what `read` throws
 */
export const readHistory =
  (parts: ReadHistoryParts) =>
  async (userId: string, conversationId: string, read: () => HistoryQuery): Promise<HistoryPage> => {
    const { log } = parts;
    const member = await requireMember(log, conversationId, userId);
    const query = read();
    // The head before the messages: whatever comes in between is named by the next `after`.
    const head = await requireHead(log, conversationId);
    const window = windowOf(query, head.headSeq);
    const range = { from: Math.max(1, window.from), to: Math.min(window.to, head.headSeq) };
    return {
      items: range.from > range.to ? [] : await messageViews(parts, head, member, range),
      nextCursor: nextCursor(window, head.headSeq),
      headSeq: head.headSeq,
      headRev: head.headRev,
      total: head.headSeq,
    };
  };
