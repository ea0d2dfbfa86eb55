import { describe, expect, it } from 'vitest';
import type { Asked, ReadChange, Traced } from './change-history.ts';
import { check } from './check.ts';
import { aGoodHistory, brokenIn, conversationId, t0, wordsOf } from './good-history.ts';
import type { History, KeptMessage } from './history.ts';

const asked = (wanted: Traced, second: number, text?: string): Asked => ({
  ...{ conversationId, userId: 'ann', wanted, text, begunAt: t0 + second * 1000 },
  tries: [{ at: t0 + second * 1000, outcome: '202' }],
  accepted: { at: t0 + second * 1000, changeId: `change-${second}` },
});

const inBoth = (history: History, change: (message: KeptMessage) => void, messageId: string): void => {
  for (const { messages } of history.finalHistories)
    for (const message of messages) if (message.messageId === messageId) change(message);
};

const thumb = { emoji: '👍', userId: 'bo' };

/** Ann has edited a message twice, Bo has reacted to it; another was pinned; a third was deleted. All is well. */
const aChangedHistory = (): History => {
  const history = aGoodHistory();
  const done: [Traced, string?][] = [
    [{ type: 'message.updated', messageId: 'm-1' }, 'hello 1, edited'],
    [{ type: 'message.updated', messageId: 'm-1' }, 'hello 1, edited again'],
    [{ type: 'reaction.added', messageId: 'm-1', ...thumb }],
    [{ type: 'message.pinned', messageId: 'm-2' }],
    [{ type: 'message.deleted', messageId: 'm-3' }],
  ];
  history.asked = done.map(([wanted, text], index) => asked(wanted, 10 + index, text));
  history.deleted.push({ conversationId, messageId: 'm-3', begunAt: t0 + 14_000, confirmedAt: t0 + 14_000 });
  for (const reading of history.finalHistories) {
    reading.changes = done.map(([wanted], index): ReadChange => ({ ...wanted, rev: index + 1 }));
    reading.headRev = done.length;
  }
  inBoth(history, (message) => (message.text = 'hello 1, edited again'), 'm-1');
  inBoth(history, (message) => (message.reactions = ['👍 bo']), 'm-1');
  inBoth(history, (message) => (message.isPinned = true), 'm-2');
  inBoth(history, (message) => Object.assign(message, { text: null, isDeleted: true }), 'm-3');
  return history;
};

const withChanges = (change: (changes: ReadChange[]) => void): History => {
  const history = aChangedHistory();
  for (const reading of history.finalHistories) change(reading.changes);
  return history;
};

describe('the checker of changes', () => {
  it('finds nothing where all were made once', () => {
    expect(check(aChangedHistory())).toEqual([]);
  });

  it('finds a change that was accepted and never made, and lets one be that was told to be refused', () => {
    const history = aChangedHistory();
    history.asked.push(asked({ type: 'message.unpinned', messageId: 'm-2' }, 20));
    expect(brokenIn(history)).toEqual(new Set(['changes-once']));
    const words = wordsOf(history, 'changes-once');
    for (const part of ['is there nowhere', 'message.unpinned m-2', 'change-20'])
      expect(words).toContain(part);
    const refusal = { userId: 'ann', conversationId, clientMessageId: undefined, changeId: 'change-20' };
    history.refusals.push({ ...refusal, code: 'message-deleted', at: t0 });
    expect(check(history)).toEqual([]);
  });

  it('finds a change that was made twice, and one that was made though it was refused', () => {
    const twice = withChanges((changes) => {
      changes.push({ type: 'reaction.added', messageId: 'm-1', ...thumb, rev: 6 });
    });
    for (const reading of twice.finalHistories) reading.headRev = 6;
    expect(brokenIn(twice)).toEqual(new Set(['changes-once']));
    expect(wordsOf(twice, 'changes-once')).toContain('1 times, and is there at rev 3 and 6');
    const refused = aChangedHistory();
    const refusal = { userId: 'ann', conversationId, clientMessageId: undefined, changeId: 'change-13' };
    refused.refusals.push({ ...refusal, code: 'not-permitted', at: t0 });
    expect(brokenIn(refused)).toEqual(new Set(['changes-once']));
  });

  it('finds a change that nobody asked for, and lets one be whose answer was lost', () => {
    const history = aChangedHistory();
    const [first] = history.asked.splice(3, 1);
    expect(wordsOf(history, 'changes-once')).toMatch(/Nobody asked .* rev 4: d-1 message.pinned m-2/);
    const lost = { at: t0, outcome: 'no answer (ECONNRESET)' };
    if (first)
      history.asked.push({ ...first, accepted: undefined, tries: [lost, { at: t0, outcome: '404' }] });
    expect(check(history)).toEqual([]);
    if (first) history.asked.push({ ...first, accepted: undefined, tries: [{ at: t0, outcome: '404' }] });
    expect(check(history)).toEqual([]);
  });

  it('finds a hole in the revs, a repeat of one, and a head that is not the last', () => {
    const hole = withChanges((changes) => Object.assign(changes[2] ?? {}, { rev: 9 }));
    expect(wordsOf(hole, 'rev-without-holes')).toContain('rev 3 should be next, but there is 9');
    const repeat = withChanges((changes) => Object.assign(changes[2] ?? {}, { rev: 2 }));
    expect(wordsOf(repeat, 'rev-without-holes')).toContain('rev 3 should be next, but there is 2');
    const head = aChangedHistory();
    for (const reading of head.finalHistories) reading.headRev = 6;
    expect(wordsOf(head, 'rev-without-holes')).toContain('has 5 changes, but its headRev is 6');
  });

  it.each<[string, string, Partial<KeptMessage>]>([
    ['reaction that is missing', 'm-1', { reactions: [] }],
    ['reaction of somebody else', 'm-1', { reactions: ['👍 bo', '👍 eve'] }],
    ['pin that is lost', 'm-2', { isPinned: false }],
    ['deletion of what nobody deleted', 'm-4', { isDeleted: true }],
  ])('finds a %s', (_, messageId, wrong) => {
    const history = aChangedHistory();
    inBoth(history, (message) => Object.assign(message, wrong), messageId);
    expect(brokenIn(history)).toContain('changes-make-history');
    expect(wordsOf(history, 'changes-make-history')).toContain(messageId);
  });

  it('finds an earlier edit that stands in place of the last, and a text that nobody gave', () => {
    const earlier = aChangedHistory();
    inBoth(earlier, (message) => (message.text = 'hello 1, edited'), 'm-1');
    expect(brokenIn(earlier)).toEqual(new Set(['last-edit-stands']));
    inBoth(earlier, (message) => (message.text = 'hello 1'), 'm-1');
    expect(brokenIn(earlier)).toEqual(new Set(['last-edit-stands']));
    inBoth(earlier, (message) => (message.text = 'somebody else’s'), 'm-1');
    expect(brokenIn(earlier)).toContain('kept-once');
  });

  it('lets either of two edits stand that were begun at once, for all alike', () => {
    const history = aChangedHistory();
    for (const one of history.asked.slice(0, 2)) one.begunAt = t0 + 9_000;
    for (const text of ['hello 1, edited', 'hello 1, edited again']) {
      inBoth(history, (message) => (message.text = text), 'm-1');
      expect(check(history)).toEqual([]);
    }
    const [anns] = history.finalHistories;
    Object.assign(anns?.messages[0] ?? {}, { text: 'hello 1, edited' });
    expect(brokenIn(history)).toEqual(new Set(['one-order']));
  });

  it('finds a device that shows something else than the history', () => {
    const history = aChangedHistory();
    const rendering = { userId: 'bo', conversationId, read: ['bo', 'hello 1, edited again'] };
    history.renderings.push({ ...rendering, followed: ['bo', 'hello 1, edited again'] });
    expect(check(history)).toEqual([]);
    history.renderings.push({ ...rendering, followed: ['bo', 'hello 1'] });
    expect(wordsOf(history, 'devices-show-history')).toMatch(
      /device of bo .* shows hello 1, where .* edited again/,
    );
    expect(brokenIn(history)).toEqual(new Set(['devices-show-history']));
  });
});
