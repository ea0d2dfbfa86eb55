import type { KeptMessage, Sent } from '../history.ts';
import { aboutSeen, aboutSent, type Check, nameOf, time } from './evidence.ts';

export const acceptedIsKept: Check = function* ({ sent, kept, keptById, refusals }) {
  const refused = new Map(
    refusals.map((one) => [
      JSON.stringify([one.conversationId, one.userId, one.clientMessageId]),
      `refused by ${one.code} (told ${time(one.at)})`,
    ]),
  );
  for (const one of sent) {
    const [first] = one.accepted;
    if (!first) continue;
    const refusal = refused.get(nameOf(one));
    if (refusal !== undefined && kept.has(nameOf(one)))
      yield { at: one.begunAt, words: `Was ${refusal}, and is there: ${aboutSent(one)}.` };
    if (!kept.has(nameOf(one)) && refusal === undefined)
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

export const keptOnce: Check = function* ({ kept, sentByName, taken, edited }) {
  for (const [name, rows] of kept) {
    const [row] = rows;
    const sent = sentByName.get(name);
    // What the system notes belongs to a change.
    if (!row || row.note) continue;
    if (!sent) {
      yield { at: 0, words: `Nobody sent what the history has at ${aboutSeen(row)}.` };
      continue;
    }
    if (rows.length > 1)
      yield {
        at: sent.begunAt,
        words: `Twice: ${aboutSent(sent)} is in the history at seq ${rows.map(({ seq }) => seq).join(' and ')}.`,
      };
    const isAsAsked =
      row.text === null ? taken.has(row.messageId) : edited.get(row.messageId)?.has(row.text) === true;
    if (row.text !== sent.text && !isAsAsked)
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
      if (seq === undefined || one.accepted.length === 0 || !one.isAwaited) continue;
      if (before && seq < before.seq)
        yield {
          at: one.begunAt,
          words: `Out of order: ${aboutSent(one)} is at seq ${seq}, before ${aboutSent(before.sent)} at seq ${before.seq}.`,
        };
      before = { sent: one, seq };
    }
  }
};

const isSame = (a: KeptMessage | undefined, b: KeptMessage | undefined): boolean =>
  a?.messageId === b?.messageId && a?.text === b?.text && a?.isPinned === b?.isPinned;

export const oneOrder: Check = function* ({ finalHistories, logs }) {
  for (const { conversationId, userId, messages } of finalHistories) {
    const other = logs.get(conversationId);
    const length = Math.max(messages.length, other?.messages.length ?? 0);
    for (let index = 0; index < length; index++) {
      const [mine, theirs] = [messages[index], other?.messages[index]];
      if (isSame(mine, theirs)) continue;
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

export const poisonIsParked: Check = function* ({ poisons, parked }) {
  for (const { mark, conversationId, at } of poisons)
    if (!parked.some((text) => text.includes(mark)))
      yield { at, words: `Poison ${mark}, put into ${conversationId} at ${time(at)}, was not put aside.` };
};
