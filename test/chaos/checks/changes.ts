import { type Asked, traceOf } from '../change-history.ts';
import type { FinalHistory, KeptMessage } from '../history.ts';
import { aboutSeen, type Check, type Evidence, type Finding, time } from './evidence.ts';

const aboutAsked = ({ wanted, text, userId, conversationId, begunAt, tries, accepted }: Asked): string =>
  `"${traceOf(wanted)}"${text === undefined ? '' : ` to "${text}"`} (asked by ${userId} in ${conversationId}, begun ${time(begunAt)}, tries: ${
    tries.map(({ at, outcome }) => `${outcome} at ${time(at)}`).join(', ') || 'none'
  }; ${accepted ? `202 at ${time(accepted.at)} as ${accepted.changeId}` : 'never accepted'})`;

const isRefused = ({ refusals }: Evidence, { userId, accepted }: Asked): boolean =>
  refusals.some((one) => one.changeId === accepted?.changeId && one.userId === userId);

/** It was accepted, and nobody was told that it is refused: it has to be done. */
const isDue = (evidence: Evidence, asked: Asked): boolean =>
  asked.accepted !== undefined && !isRefused(evidence, asked);

/** It was refused in the end, but a try before that may have been accepted without an answer. */
const isOpen = ({ accepted, tries }: Asked): boolean =>
  !accepted && tries.some(({ outcome }) => !/^4\d\d$/.test(outcome) || outcome === '429');

export const changesOnce: Check = function* (evidence) {
  const nameOf = (conversationId: string, trace: string): string => `${conversationId} ${trace}`;
  const done = new Map<string, number[]>();
  for (const { conversationId, changes } of evidence.logs.values())
    for (const change of changes) {
      const name = nameOf(conversationId, traceOf(change));
      done.set(name, [...(done.get(name) ?? []), change.rev]);
    }
  const wanted = Map.groupBy(evidence.asked, (one) => nameOf(one.conversationId, traceOf(one.wanted)));
  for (const [name, asked] of wanted) {
    const revs = done.get(name) ?? [];
    const due = asked.filter((one) => isDue(evidence, one));
    const most = due.length + asked.filter(isOpen).length;
    const [first] = due.length > 0 ? due : asked;
    if (!first || (revs.length >= due.length && revs.length <= most)) continue;
    const times = due.length === most ? `${most}` : `${due.length} to ${most}`;
    const at = revs.length === 0 ? 'nowhere' : `at rev ${revs.join(' and ')}`;
    yield {
      at: first.begunAt,
      words: `Should be in the changes ${times} times, and is there ${at}: ${aboutAsked(first)}.`,
    };
  }
  for (const [name, revs] of done)
    if (!wanted.has(name))
      yield { at: 0, words: `Nobody asked for what the changes have at rev ${revs.join(' and ')}: ${name}.` };
};

export const revsWithoutHoles: Check = function* ({ finalHistories }) {
  for (const { conversationId, userId, headRev, changes } of finalHistories) {
    const wrong = changes.findIndex(({ rev }, index) => rev !== index + 1);
    const where = `${conversationId} as ${userId} reads it`;
    if (wrong !== -1)
      yield {
        at: 0,
        words: `In ${where}, rev ${wrong + 1} should be next, but there is ${changes[wrong]?.rev ?? 'nothing'}.`,
      };
    else if (headRev !== changes.length)
      yield { at: 0, words: `${where} has ${changes.length} changes, but its headRev is ${headRev}.` };
  }
};

/** What the changes, one after the other, make of a message. */
interface State {
  isDeleted: boolean;
  isPinned: boolean;
  reactions: Set<string>;
}

const statesAfter = ({ changes }: FinalHistory): Map<string, State> => {
  const states = new Map<string, State>();
  for (const { type, messageId, emoji = '', userId = '' } of changes) {
    if (messageId === undefined) continue;
    const state = states.get(messageId) ?? { isDeleted: false, isPinned: false, reactions: new Set() };
    states.set(messageId, state);
    if (type === 'reaction.added') state.reactions.add(`${emoji} ${userId}`);
    else if (type === 'reaction.removed') state.reactions.delete(`${emoji} ${userId}`);
    else if (type === 'message.pinned' || type === 'message.unpinned')
      state.isPinned = type === 'message.pinned';
    else if (type === 'message.deleted') Object.assign(state, { isDeleted: true, isPinned: false });
  }
  return states;
};

const asWords = ({ isDeleted, isPinned, reactions }: State): string =>
  [
    isDeleted ? 'deleted' : 'there',
    isPinned ? 'pinned' : 'not pinned',
    // Those of a deleted message are shown to nobody.
    isDeleted ? '' : `with ${[...reactions].sort().join(', ') || 'no reactions'}`,
  ].join(', ');

const untouched: State = { isDeleted: false, isPinned: false, reactions: new Set() };

export const changesMakeTheHistory: Check = function* ({ logs }) {
  for (const log of logs.values()) {
    const states = statesAfter(log);
    for (const message of log.messages) {
      const said = asWords(states.get(message.messageId) ?? untouched);
      const kept = asWords({ ...message, reactions: new Set(message.reactions) });
      if (said !== kept)
        yield { at: 0, words: `The changes make ${aboutSeen(message)} ${said}; but it is ${kept}.` };
    }
  }
};

/** Texts that a message may have in the end: of edits, those behind which no other was begun and accepted. */
const lastTexts = (evidence: Evidence, edits: readonly Asked[], first: string | undefined): Set<unknown> => {
  const due = edits.filter((one) => isDue(evidence, one));
  const last = due.filter(
    ({ accepted }) => !due.some(({ begunAt }) => accepted !== undefined && begunAt > accepted.at),
  );
  const open = edits.filter(isOpen);
  return new Set([...last, ...open].map(({ text }) => text).concat(due.length === 0 ? first : []));
};

const wrongText = (
  evidence: Evidence,
  message: KeptMessage,
  edits: readonly Asked[],
): Finding | undefined => {
  const sent = evidence.sentByName.get(
    JSON.stringify([message.conversationId, message.senderId, message.clientMessageId]),
  );
  const texts = lastTexts(evidence, edits, sent?.text);
  if (texts.has(message.text)) return undefined;
  return {
    at: edits[0]?.begunAt ?? 0,
    words: `The last edit does not stand: ${aboutSeen(message)}, which should be one of ${[...texts].map((text) => `"${String(text)}"`).join(', ')}.`,
  };
};

export const lastEditStands: Check = function* (evidence) {
  const edits = Map.groupBy(
    evidence.asked.filter(({ text }) => text !== undefined),
    ({ wanted }) => wanted.messageId,
  );
  for (const [messageId, own] of edits) {
    const message = evidence.keptById.get(messageId ?? '');
    if (message === undefined || message.text === null) continue;
    const found = wrongText(evidence, message, own);
    if (found) yield found;
  }
};

export const devicesShowTheHistory: Check = function* ({ renderings }) {
  for (const { userId, conversationId, followed, read } of renderings) {
    const wrong = Array.from({ length: Math.max(followed.length, read.length) }).findIndex(
      (_, index) => followed[index] !== read[index],
    );
    if (wrong !== -1)
      yield {
        at: 0,
        words: `A device of ${userId} that has followed ${conversationId} shows ${followed[wrong] ?? 'nothing'}, where one that has just read it shows ${read[wrong] ?? 'nothing'}.`,
      };
  }
};
