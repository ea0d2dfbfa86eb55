import type { History, InboxReading } from '../history.ts';
import { aboutSeen, aboutSent, type Check, type Finding, nameOf, time } from './evidence.ts';

export const liveAsKept: Check = function* ({ shown, keptById, taken, sentByName, edited }) {
  for (const one of shown) {
    const row = keptById.get(one.messageId);
    const how = `${one.userId} was shown (${one.by}, ${time(one.at)}) ${aboutSeen(one)}`;
    if (!row) yield { at: one.at, words: `${how}, which the history does not have.` };
    else if (row.seq !== one.seq || row.conversationId !== one.conversationId)
      yield { at: one.at, words: `${how}, but the history has ${aboutSeen(row)}.` };
    else if (
      one.text !== row.text &&
      // As it was before an edit, or after one that another has replaced.
      !(one.text === sentByName.get(nameOf(one))?.text || edited.get(one.messageId)?.has(one.text ?? '')) &&
      !taken.has(one.messageId)
    )
      yield { at: one.at, words: `${how}, but the history has ${aboutSeen(row)}.` };
  }
};

const repeatedIn = function* ({ userId, begunAt, items }: InboxReading): Generator<Finding> {
  const rows = new Map<string, string>();
  for (const { inboxId, message } of items) {
    const earlier = rows.get(message.messageId);
    if (earlier !== undefined)
      yield {
        at: begunAt,
        words: `The inbox of ${userId} (read ${time(begunAt)}) has ${aboutSeen(message)} twice: as ${earlier} and ${inboxId}.`,
      };
    rows.set(message.messageId, inboxId);
  }
};

export const inboxOnce: Check = function* ({ inboxReadings }) {
  for (const reading of inboxReadings) yield* repeatedIn(reading);
};

export const acknowledgedIsGone: Check = function* ({ inboxReadings, acknowledged }) {
  const nameFor = (userId: string, messageId: string): string => `${userId} ${messageId}`;
  const first = new Map<string, History['acknowledged'][number]>();
  for (const one of acknowledged) {
    const name = nameFor(one.userId, one.messageId);
    const known = first.get(name);
    if (!known || one.confirmedAt < known.confirmedAt) first.set(name, one);
  }
  for (const { userId, begunAt, items } of inboxReadings)
    for (const { inboxId, message } of items) {
      const known = first.get(nameFor(userId, message.messageId));
      if (known && known.confirmedAt < begunAt)
        yield {
          at: known.confirmedAt,
          words:
            `The inbox of ${userId} (read ${time(begunAt)}) returned ${aboutSeen(message)} as ${inboxId} again; ` +
            `it was acknowledged by ${known.by} and confirmed at ${time(known.confirmedAt)}.`,
        };
    }
};

export const receiversConverge: Check = function* ({ sent, kept, shown, taken }) {
  const nameFor = (userId: string, messageId: string): string => `${userId} ${messageId}`;
  const reached = new Set(shown.map(({ userId, messageId }) => nameFor(userId, messageId)));
  for (const one of sent) {
    const row = kept.get(nameOf(one))?.[0];
    if (!row || taken.has(row.messageId)) continue;
    const missing = one.receiverIds.filter((userId) => !reached.has(nameFor(userId, row.messageId)));
    const who = (missing.length > 0 ? missing : one.receiverIds).join(' and ');
    if (missing.length > 0)
      yield {
        at: one.begunAt,
        words: `${who} was never given ${aboutSeen(row)}, neither live nor by the inbox: ${aboutSent(one)}.`,
      };
    else if (!row.isDelivered)
      yield {
        at: one.begunAt,
        words: `${who} was given ${aboutSeen(row)}, but it does not count as delivered: ${aboutSent(one)}.`,
      };
  }
};
