import type { Sent } from '../history.ts';
import { aboutSeen, aboutSent, type Check, nameOf } from './evidence.ts';

export const acceptedIsKept: Check = function* ({ sent, kept, keptById }) {
  for (const one of sent) {
    const [first] = one.accepted;
    if (!first) continue;
    if (!kept.has(nameOf(one)))
      yield { at: one.begunAt, words: `Lost: ${aboutSent(one)} is not in the history.` };
    for (const { messageId, conversationId } of one.accepted)
      if (messageId !== first.messageId || conversationId !== one.conversationId)
        yield { at: one.begunAt, words: `Two answers name different messages: ${aboutSent(one)}.` };
    if (kept.has(nameOf(one)) && !keptById.has(first.messageId))
      yield {
        at: one.begunAt,
        words: `The history has it under another id than its 202: ${aboutSent(one)}.`,
      };
  }
};

export const keptOnce: Check = function* ({ kept, sentByName, taken }) {
  for (const [name, rows] of kept) {
    const [row] = rows;
    const sent = sentByName.get(name);
    if (!row) continue;
    if (!sent) {
      yield { at: 0, words: `Nobody sent what the history has at ${aboutSeen(row)}.` };
      continue;
    }
    if (rows.length > 1)
      yield {
        at: sent.begunAt,
        words: `Twice: ${aboutSent(sent)} is in the history at seq ${rows.map(({ seq }) => seq).join(' and ')}.`,
      };
    if (row.text !== sent.text && !(row.text === null && taken.has(row.messageId)))
      yield { at: sent.begunAt, words: `Changed: ${aboutSent(sent)} is kept as ${aboutSeen(row)}.` };
  }
};

export const noHoles: Check = function* ({ finalHistories }) {
  for (const { conversationId, userId, headSeq, messages } of finalHistories) {
    const seqs = messages.map(({ seq }) => seq);
    const wrong = seqs.findIndex((seq, index) => seq !== index + 1);
    const where = `${conversationId} as ${userId} reads it`;
    if (wrong !== -1)
      yield {
        at: 0,
        words: `In ${where}, seq ${wrong + 1} should come ${wrong === 0 ? 'first' : `behind ${wrong}`}, but there is ${seqs[wrong] ?? 'nothing'}.`,
      };
    else if (headSeq !== seqs.length)
      yield { at: 0, words: `${where} has ${seqs.length} messages, but its head is ${headSeq}.` };
  }
};

export const sendsKeepOrder: Check = function* ({ sent, kept }) {
  const lanes = Map.groupBy(sent, ({ conversationId, senderId }) => `${conversationId} ${senderId}`);
  for (const lane of lanes.values()) {
    let before: { sent: Sent; seq: number } | undefined;
    for (const one of lane.toSorted((a, b) => a.nth - b.nth)) {
      const seq = kept.get(nameOf(one))?.[0]?.seq;
      if (seq === undefined || one.accepted.length === 0) continue;
      if (before && seq < before.seq)
        yield {
          at: one.begunAt,
          words: `Out of order: ${aboutSent(one)} is at seq ${seq}, before ${aboutSent(before.sent)} at seq ${before.seq}.`,
        };
      before = { sent: one, seq };
    }
  }
};

export const oneOrder: Check = function* ({ finalHistories, logs }) {
  for (const { conversationId, userId, messages } of finalHistories) {
    const other = logs.get(conversationId);
    const length = Math.max(messages.length, other?.messages.length ?? 0);
    for (let index = 0; index < length; index++) {
      const [mine, theirs] = [messages[index], other?.messages[index]];
      if (mine?.messageId === theirs?.messageId) continue;
      yield {
        at: 0,
        words:
          `Two readings differ: ${userId} has ${mine ? aboutSeen(mine) : 'nothing'}, ` +
          `${other?.userId ?? ''} has ${theirs ? aboutSeen(theirs) : 'nothing'}.`,
      };
      break;
    }
  }
};
