import type { Stay } from '../change-history.ts';
import type { FinalHistory, History } from '../history.ts';
import { aboutSeen, type Check, time } from './evidence.ts';

/** So long after somebody is out of a conversation the last of it may still arrive. */
export const lingerMs = 5_000;

/** Whether somebody may be told of a conversation at a time: who is in it for good, and guests while they stay. */
export const mayHear = (
  { members, stays }: Pick<History, 'members' | 'stays'>,
  userId: string,
  conversationId: string,
  { at, leewayMs }: { at: number; leewayMs: number },
): boolean =>
  (members.get(conversationId)?.has(userId) ?? false) ||
  stays.some(
    (stay) =>
      stay.userId === userId &&
      stay.conversationId === conversationId &&
      stay.begunAt <= at &&
      at <= (stay.goneAt ?? Infinity) + leewayMs,
  );

/** The places that a guest never sees: from each leaving up to the coming back, and what was before the first if that is hidden. */
const hiddenFor = (log: FinalHistory, userId: string, isPastHidden: boolean): Set<number> => {
  const hidden = new Set<number>();
  let isHidden = isPastHidden;
  for (const { seq, note } of log.messages) {
    if (note?.userIds.includes(userId) === true) isHidden = note.event !== 'member.added';
    if (isHidden) hidden.add(seq);
  }
  return hidden;
};

const guestsIn = (stays: readonly Stay[]): Map<string, Stay[]> =>
  Map.groupBy(stays, ({ conversationId, userId }) => JSON.stringify([conversationId, userId]));

export const awayIsHidden: Check = function* ({ stays, logs, shown, guestReadings, withoutPast }) {
  const shownTo = Map.groupBy(shown, ({ conversationId, userId }) =>
    JSON.stringify([conversationId, userId]),
  );
  for (const [name, [stay]] of guestsIn(stays)) {
    const log = stay && logs.get(stay.conversationId);
    if (!log) continue;
    const hidden = hiddenFor(log, stay.userId, withoutPast.has(stay.conversationId));
    for (const one of shownTo.get(name) ?? [])
      if (hidden.has(one.seq))
        yield {
          at: one.at,
          words: `${stay.userId} was shown (${one.by}, ${time(one.at)}) what was said in absence: ${aboutSeen(one)}.`,
        };
    const reading = guestReadings.find(
      (one) => one.userId === stay.userId && one.conversationId === stay.conversationId,
    );
    if (!reading) continue;
    const expected = log.messages.filter(({ seq }) => !hidden.has(seq));
    const wrong = Array.from({ length: Math.max(expected.length, reading.messages.length) }).findIndex(
      (_, index) => expected[index]?.messageId !== reading.messages[index]?.messageId,
    );
    const [mine, theirs] = [reading.messages[wrong], expected[wrong]];
    if (wrong !== -1)
      yield {
        at: stay.begunAt,
        words: `${stay.userId}, who came and went, reads ${mine ? aboutSeen(mine) : 'nothing'} where there should be ${theirs ? aboutSeen(theirs) : 'nothing'}.`,
      };
  }
};

export const guestsConverge: Check = function* ({ stays, logs, shown }) {
  const reached = new Set(shown.map(({ userId, messageId }) => `${userId} ${messageId}`));
  for (const { conversationId, userId, inAt, endingAt } of stays) {
    const log = logs.get(conversationId);
    if (!log || inAt === undefined || endingAt !== undefined) continue;
    const joined = log.messages.findLast(({ note }) => note?.userIds.includes(userId));
    for (const message of log.messages)
      if (
        message.seq > (joined?.seq ?? Infinity) &&
        message.senderId !== userId &&
        message.text !== null &&
        !reached.has(`${userId} ${message.messageId}`)
      )
        yield {
          at: inAt,
          words: `${userId}, who is in it since ${time(inAt)}, was never given ${aboutSeen(message)}.`,
        };
  }
};

export const membersAgree: Check = function* ({ finalHistories, guestReadings, members, stays }) {
  for (const { conversationId, userId, memberIds } of [...finalHistories, ...guestReadings]) {
    const guests = stays.filter(
      (stay) => stay.conversationId === conversationId && stay.goneAt === undefined,
    );
    const expected = [...(members.get(conversationId) ?? []), ...guests.map((stay) => stay.userId)];
    const [mine, theirs] = [memberIds.toSorted().join(', '), expected.toSorted().join(', ')];
    if (mine !== theirs)
      yield { at: 0, words: `${userId} reads that ${mine} are in ${conversationId}; in it are ${theirs}.` };
  }
};
