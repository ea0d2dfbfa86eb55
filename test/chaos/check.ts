import type { Deleted, FinalHistory, History, InboxReading, Seen, Sent } from './history.ts';

/** What the pipeline promises, in the order in which it is checked. */
export const promises = {
  'accepted-is-kept': 'Every 202 is in the history.',
  'kept-once': 'A message is in the history once, however often it was sent, and as it was sent.',
  'no-holes': 'seq runs from 1 to the head without a hole or a repeat.',
  'sends-keep-order': 'Awaited sends of one sender keep their order.',
  'one-order': 'All members read one history.',
  'live-as-kept': 'What reaches a user is what the history has at that place.',
  'inbox-once': 'The inbox has a message once.',
  'acknowledged-is-gone': 'What was acknowledged is never returned by the inbox again.',
  'receivers-converge':
    'Every message reaches whom it is for, live or through the inbox, and counts as delivered.',
  'unread-exact':
    'The unread count is the number of messages of others behind the place up to which was read.',
  'watermarks-rise': 'What was read stays read; what is read is delivered, and no more than there is.',
  'members-only': 'Nobody outside a conversation is told anything of it.',
  'deleted-is-gone': 'What was deleted is not shown again once it was gone.',
} as const;

export type PromiseName = keyof typeof promises;

/** A broken promise. */
export interface Violation {
  promise: PromiseName;
  /** What happened, with the ids and times to look for in the logs. */
  words: string;
  /** When what went wrong was begun; milliseconds since 1970. */
  at: number;
}

const time = (ms: number): string => new Date(ms).toISOString();

const aboutSent = (sent: Sent): string => {
  const accepted = sent.accepted.map(({ at, messageId }) => `202 at ${time(at)} as ${messageId}`);
  return (
    `"${sent.text}" (clientMessageId ${sent.clientMessageId}, send ${sent.nth} of ${sent.senderId} ` +
    `in ${sent.conversationId}, begun ${time(sent.begunAt)}, tries: ${
      sent.tries.map(({ at, outcome }) => `${outcome} at ${time(at)}`).join(', ') || 'none'
    }; ${accepted.join(', ') || 'never accepted'})`
  );
};

const aboutSeen = ({ conversationId, seq, messageId, senderId, clientMessageId, text }: Seen): string =>
  `${conversationId} seq ${seq}: ${messageId} (clientMessageId ${clientMessageId}) of ${senderId}, "${text ?? ''}"`;

/** Names a message as its sender does. */
const nameOf = ({ conversationId, senderId, clientMessageId }: Seen | Sent): string =>
  JSON.stringify([conversationId, senderId, clientMessageId]);

type Kept = FinalHistory['messages'][number];

/** A history, and indexes of it that several checks need. */
interface Evidence extends History {
  sentByName: Map<string, Sent>;
  /** One member's reading of each conversation; `one-order` checks that the others' are the same. */
  logs: Map<string, FinalHistory>;
  kept: Map<string, Kept[]>;
  keptById: Map<string, Kept>;
  /** Messages that may be gone: their senders have asked for it. */
  taken: Map<string, Deleted>;
}

const indexed = (history: History): Evidence => {
  const logs = new Map(history.finalHistories.map((log) => [log.conversationId, log]));
  const messages = [...logs.values()].flatMap((log) => log.messages);
  return {
    ...history,
    sentByName: new Map(history.sent.map((sent) => [nameOf(sent), sent])),
    logs,
    kept: Map.groupBy(messages, nameOf),
    keptById: new Map(messages.map((message) => [message.messageId, message])),
    taken: new Map(history.deleted.map((deleted) => [deleted.messageId, deleted])),
  };
};

type Check = (evidence: Evidence) => Generator<Omit<Violation, 'promise'>>;

const acceptedIsKept: Check = function* ({ sent, kept, keptById }) {
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

const keptOnce: Check = function* ({ kept, sentByName, taken }) {
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

const noHoles: Check = function* ({ finalHistories }) {
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

const sendsKeepOrder: Check = function* ({ sent, kept }) {
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

const oneOrder: Check = function* ({ finalHistories, logs }) {
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

const liveAsKept: Check = function* ({ shown, keptById, taken }) {
  for (const one of shown) {
    const row = keptById.get(one.messageId);
    const how = `${one.userId} was shown (${one.by}, ${time(one.at)}) ${aboutSeen(one)}`;
    if (!row) yield { at: one.at, words: `${how}, which the history does not have.` };
    else if (row.seq !== one.seq || row.conversationId !== one.conversationId)
      yield { at: one.at, words: `${how}, but the history has ${aboutSeen(row)}.` };
    else if (row.text !== one.text && !taken.has(one.messageId))
      yield { at: one.at, words: `${how}, but the history has ${aboutSeen(row)}.` };
  }
};

const repeatedIn = function* ({
  userId,
  begunAt,
  items,
}: InboxReading): Generator<Omit<Violation, 'promise'>> {
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

const inboxOnce: Check = function* ({ inboxReadings }) {
  for (const reading of inboxReadings) yield* repeatedIn(reading);
};

const acknowledgedIsGone: Check = function* ({ inboxReadings, acknowledged }) {
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

const receiversConverge: Check = function* ({ sent, kept, shown, taken }) {
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

const unreadExact: Check = function* ({ finalHistories }) {
  for (const { conversationId, userId, messages, standing } of finalHistories) {
    const unread = messages.filter(
      ({ seq, senderId, text }) => seq > standing.readSeq && senderId !== userId && text !== null,
    ).length;
    if (unread !== standing.unreadCount)
      yield {
        at: 0,
        words: `${userId} has read ${conversationId} up to ${standing.readSeq}; unread are ${unread}, but it says ${standing.unreadCount}.`,
      };
  }
};

const watermarksRise: Check = function* ({ finalHistories, reads }) {
  for (const { conversationId, userId, headSeq, standing } of finalHistories) {
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

const membersOnly: Check = function* ({ heard, shown, members }) {
  const isMember = (conversationId: string, userId: string): boolean =>
    members.get(conversationId)?.has(userId) ?? false;
  for (const { userId, conversationId, event, at } of heard)
    if (!isMember(conversationId, userId))
      yield {
        at,
        words: `${userId} is not in ${conversationId}, and was told of a ${event} at ${time(at)}.`,
      };
  for (const one of shown)
    if (!isMember(one.conversationId, one.userId))
      yield { at: one.at, words: `${one.userId} was shown (${one.by}) ${aboutSeen(one)}.` };
};

/** Pushes to several sockets overtake each other. */
const overtakingMs = 5_000;

const deletedIsGone: Check = function* ({ taken, shown, keptById }) {
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

const checks: Record<PromiseName, Check> = {
  'accepted-is-kept': acceptedIsKept,
  'kept-once': keptOnce,
  'no-holes': noHoles,
  'sends-keep-order': sendsKeepOrder,
  'one-order': oneOrder,
  'live-as-kept': liveAsKept,
  'inbox-once': inboxOnce,
  'acknowledged-is-gone': acknowledgedIsGone,
  'receivers-converge': receiversConverge,
  'unread-exact': unreadExact,
  'watermarks-rise': watermarksRise,
  'members-only': membersOnly,
  'deleted-is-gone': deletedIsGone,
};

/** Holds what clients did and saw against the promises. @returns every violation, by promise in the order of `promises` */
export const check = (history: History): Violation[] => {
  const evidence = indexed(history);
  return (Object.keys(checks) as PromiseName[]).flatMap((promise) =>
    [...checks[promise](evidence)].map((violation) => ({ promise, ...violation })),
  );
};
