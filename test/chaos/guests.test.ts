import { describe, expect, it } from 'vitest';
import type { Stay } from './change-history.ts';
import { check } from './check.ts';
import { aGoodHistory, brokenIn, conversationId, t0, wordsOf } from './good-history.ts';
import type { FinalHistory, History, KeptMessage } from './history.ts';

const noteAt = (history: History, seq: number, event: string): void => {
  const messageId = `m-${seq}`;
  history.sent = history.sent.filter(({ nth }) => nth !== seq);
  history.shown = history.shown.filter((one) => one.seq !== seq);
  for (const { messages } of history.finalHistories)
    for (const message of messages)
      if (message.messageId === messageId)
        Object.assign(message, { text: null, note: { event, userIds: ['gus'] } });
};

const stay = (from: number, until?: number): Stay => ({
  ...{ conversationId, userId: 'gus', begunAt: t0 + (from - 1) * 1000, inAt: t0 + from * 1000 },
  endingAt: until === undefined ? undefined : t0 + (until - 1) * 1000,
  goneAt: until === undefined ? undefined : t0 + until * 1000,
});

const seenAt = (history: History, seq: number): KeptMessage => {
  const message = history.finalHistories[0]?.messages[seq - 1];
  if (!message) throw new Error(`There is no message ${seq}.`);
  return message;
};

const show = (history: History, seq: number, by: 'live' | 'inbox' | 'history', second: number): void => {
  const at = t0 + second * 1000;
  history.shown.push({ ...seenAt(history, seq), userId: 'gus', by, at, arrivedAt: at });
};

/** Of ten messages the second brings Gus, the fifth takes Gus away, and the eighth brings Gus again. */
const aVisitedHistory = (): History => {
  const history = aGoodHistory(10);
  noteAt(history, 2, 'member.added');
  noteAt(history, 5, 'member.left');
  noteAt(history, 8, 'member.added');
  history.stays.push(stay(2, 5), stay(8));
  for (const seq of [2, 3, 4, 8, 9, 10]) show(history, seq, 'live', seq);
  for (const reading of history.finalHistories) reading.memberIds = ['ann', 'bo', 'gus'];
  const [anns] = history.finalHistories;
  const messages = (anns?.messages ?? []).filter(({ seq }) => ![5, 6, 7].includes(seq));
  if (anns) history.guestReadings.push({ ...anns, userId: 'gus', messages });
  return history;
};

const readingOf = ({ guestReadings: [reading] }: History): FinalHistory => {
  if (!reading) throw new Error('The guest reads nothing.');
  return reading;
};

describe('the checker of who comes and goes', () => {
  it('finds nothing where nobody saw what was not theirs', () => {
    expect(check(aVisitedHistory())).toEqual([]);
  });

  it('finds what is pushed later than 5 s after somebody has left, and what is read at all', () => {
    const history = aVisitedHistory();
    history.stays.pop();
    history.guestReadings.pop();
    for (const reading of history.finalHistories) reading.memberIds = ['ann', 'bo'];
    history.shown = history.shown.filter(({ userId, seq }) => userId !== 'gus' || seq < 5);
    expect(check(history)).toEqual([]);
    show(history, 4, 'live', 9.9);
    history.heard.push({ userId: 'gus', conversationId, event: 'typing', at: t0 + 10_000 });
    expect(check(history)).toEqual([]);
    history.heard.push({ userId: 'gus', conversationId, event: 'typing', at: t0 + 10_001 });
    expect(wordsOf(history, 'members-only')).toContain('gus is not in d-1, and was told of a typing');
    for (const by of ['live', 'inbox', 'history'] as const) {
      const more = structuredClone(history);
      more.heard = [];
      show(more, 4, by, by === 'live' ? 10.1 : 5.1);
      expect(brokenIn(more)).toEqual(new Set(['members-only']));
    }
  });

  it('finds what was said in absence and is shown after coming back, whichever way', () => {
    for (const by of ['live', 'inbox', 'history'] as const) {
      const history = aVisitedHistory();
      show(history, 6, by, 9);
      expect(brokenIn(history)).toEqual(new Set(['away-is-hidden']));
      expect(wordsOf(history, 'away-is-hidden')).toMatch(/gus was shown .* in absence: d-1 seq 6/);
    }
  });

  it('finds what was before somebody came, where newcomers do not see that', () => {
    const history = aVisitedHistory();
    readingOf(history).messages.shift();
    expect(wordsOf(history, 'away-is-hidden')).toContain('there should be d-1 seq 1');
    history.withoutPast.add(conversationId);
    expect(check(history)).toEqual([]);
    show(history, 1, 'live', 3);
    expect(brokenIn(history)).toEqual(new Set(['away-is-hidden']));
  });

  it('finds a history of a guest that has too much, or too little', () => {
    const more = aVisitedHistory();
    readingOf(more).messages.splice(4, 0, seenAt(more, 6));
    expect(wordsOf(more, 'away-is-hidden')).toMatch(/reads d-1 seq 6: .* there should be d-1 seq 8/);
    const less = aVisitedHistory();
    readingOf(less).messages.pop();
    expect(wordsOf(less, 'away-is-hidden')).toMatch(/reads nothing where there should be d-1 seq 10/);
  });

  it('finds a guest who was never given what was said since', () => {
    const history = aVisitedHistory();
    history.shown = history.shown.filter(({ userId, seq }) => userId !== 'gus' || seq !== 9);
    expect(brokenIn(history)).toEqual(new Set(['guests-converge']));
    expect(wordsOf(history, 'guests-converge')).toContain('d-1 seq 9');
  });

  it('finds members who read different members, and one who is still named', () => {
    const history = aVisitedHistory();
    Object.assign(history.finalHistories[1] ?? {}, { memberIds: ['ann', 'bo'] });
    expect(brokenIn(history)).toEqual(new Set(['members-agree']));
    expect(wordsOf(history, 'members-agree')).toContain(
      'bo reads that ann, bo are in d-1; in it are ann, bo, gus',
    );
  });

  it('finds a message that was refused and is there, and lets one be that was refused and is not', () => {
    const history = aVisitedHistory();
    const refusal = { userId: 'ann', conversationId, changeId: undefined, code: 'not-a-member', at: t0 };
    history.refusals.push({ ...refusal, clientMessageId: 'c3' });
    expect(brokenIn(history)).toEqual(new Set(['accepted-is-kept']));
    expect(wordsOf(history, 'accepted-is-kept')).toContain('Was refused by not-a-member');
    const gone = aGoodHistory();
    gone.refusals.push({ ...refusal, clientMessageId: 'c4' });
    gone.shown.pop();
    for (const reading of gone.finalHistories) {
      reading.messages.pop();
      reading.headSeq--;
      reading.standing = { unreadCount: 0, readSeq: 3, deliveredSeq: 3 };
    }
    expect(check(gone)).toEqual([]);
  });
});
