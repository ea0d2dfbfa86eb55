import { type Check, time } from './evidence.ts';

export const unreadExact: Check = function* ({ finalHistories, guestReadings }) {
  for (const { conversationId, userId, messages, standing } of [...finalHistories, ...guestReadings]) {
    const unread = messages.filter(
      ({ seq, senderId, isDeleted }) => seq > standing.readSeq && senderId !== userId && !isDeleted,
    ).length;
    if (unread !== standing.unreadCount)
      yield {
        at: 0,
        words: `${userId} has read ${conversationId} up to ${standing.readSeq}; unread are ${unread}, but it says ${standing.unreadCount}.`,
      };
  }
};

export const watermarksRise: Check = function* ({ finalHistories, guestReadings, reads }) {
  for (const { conversationId, userId, headSeq, standing } of [...finalHistories, ...guestReadings]) {
    const { readSeq, deliveredSeq } = standing;
    const where = `${userId} in ${conversationId}: read up to ${readSeq}, delivered up to ${deliveredSeq}, of ${headSeq}`;
    if (readSeq > deliveredSeq || deliveredSeq > headSeq) yield { at: 0, words: `${where}.` };
    const own = reads.filter((read) => read.userId === userId && read.conversationId === conversationId);
    const most = own.toSorted((a, b) => b.upToSeq - a.upToSeq)[0];
    if (most && most.upToSeq > readSeq)
      yield {
        at: most.confirmedAt,
        words: `${where}; but ${most.upToSeq} was confirmed at ${time(most.confirmedAt)}.`,
      };
  }
};
