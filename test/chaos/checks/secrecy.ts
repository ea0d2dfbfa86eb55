import { aboutSeen, type Check, time } from './evidence.ts';
import { lingerMs, mayHear } from './guests.ts';

export const membersOnly: Check = function* (evidence) {
  for (const { userId, conversationId, event, at } of evidence.heard)
    if (!mayHear(evidence, userId, conversationId, { at, leewayMs: lingerMs }))
      yield {
        at,
        words: `${userId} is not in ${conversationId}, and was told of a ${event} at ${time(at)}.`,
      };
  for (const one of evidence.shown) {
    const when = { at: one.at, leewayMs: one.by === 'live' ? lingerMs : 0 };
    if (!mayHear(evidence, one.userId, one.conversationId, when))
      yield {
        at: one.at,
        words: `${one.userId} is not in it, and was shown (${one.by}, ${time(one.at)}) ${aboutSeen(one)}.`,
      };
  }
};

/** Pushes to several sockets overtake each other. */
const overtakingMs = 5_000;

export const deletedIsGone: Check = function* ({ taken, shown, keptById }) {
  for (const { messageId, begunAt, confirmedAt } of taken.values()) {
    const row = keptById.get(messageId);
    if (confirmedAt !== undefined && row && row.text !== null)
      yield { at: begunAt, words: `Deleted at ${time(confirmedAt)}, and still there: ${aboutSeen(row)}.` };
    const own = shown.filter((one) => one.messageId === messageId);
    const goneAt = Math.min(...own.flatMap(({ text, at }) => (text === null ? [at] : [])));
    for (const one of own)
      if (one.text !== null && one.at > goneAt + (one.by === 'live' ? overtakingMs : 0))
        yield {
          at: one.at,
          words: `Gone at ${time(goneAt)}, ${aboutSeen(one)} was shown to ${one.userId} (${one.by}) at ${time(one.at)}.`,
        };
  }
};
