import { check, type PromiseName } from './check.ts';
import { emptyHistory, type History, type Seen, type Sent } from './history.ts';

export const conversationId = 'd-1';
export const t0 = Date.parse('2026-01-01T00:00:00.000Z');

/** A history in which Ann has sent Bo so many messages, each of which came live, and nothing went wrong. */
export const aGoodHistory = (count = 4): History => {
  const history = emptyHistory();
  const messages: Seen[] = [];
  for (let nth = 1; nth <= count; nth++) {
    const [clientMessageId, messageId, text] = [`c${nth}`, `m-${nth}`, `hello ${nth}`];
    const at = t0 + nth * 1000;
    history.sent.push({
      conversationId,
      senderId: 'ann',
      receiverIds: ['bo'],
      clientMessageId,
      text,
      nth,
      isAwaited: true,
      begunAt: at,
      tries: [{ at, outcome: '202' }],
      accepted: [{ at, messageId, conversationId }],
    });
    messages.push({ conversationId, seq: nth, messageId, senderId: 'ann', clientMessageId, text });
  }
  for (const userId of ['ann', 'bo'])
    history.finalHistories.push({
      conversationId,
      userId,
      headSeq: count,
      headRev: 0,
      messages: messages.map((message) => ({
        ...{ ...message, isDelivered: true, isDeleted: false, isPinned: false, reactions: [], note: null },
      })),
      changes: [],
      memberIds: ['ann', 'bo'],
      standing: { unreadCount: 0, readSeq: count, deliveredSeq: count },
    });
  history.members.set(conversationId, new Set(['ann', 'bo']));
  for (const message of messages) {
    history.shown.push({ ...message, userId: 'bo', by: 'live', at: t0, arrivedAt: t0 + message.seq * 1000 });
    const { messageId } = message;
    history.acknowledged.push({ userId: 'bo', by: 'receipt', messageId, confirmedAt: t0 + 60_000 });
  }
  return history;
};

/** Changes what both members read. */
export const inBoth = (
  history: History,
  change: (messages: History['finalHistories'][number]['messages']) => void,
): void => {
  for (const reading of history.finalHistories) change(reading.messages);
};

export const sentAt = (history: History, nth: number): Sent => {
  const sent = history.sent[nth - 1];
  if (!sent) throw new Error(`There is no send ${nth}.`);
  return sent;
};

export const brokenIn = (history: History): Set<PromiseName> =>
  new Set(check(history).map(({ promise }) => promise));

export const wordsOf = (history: History, promise: PromiseName): string =>
  check(history)
    .filter((violation) => violation.promise === promise)
    .map(({ words }) => words)
    .join('\n');
