import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { aGoodHistory, brokenIn, conversationId, inBoth, sentAt, t0, wordsOf } from './good-history.ts';
import { emptyHistory } from './history.ts';

describe('the checker of promises', () => {
  it('finds nothing where nothing went wrong', () => {
    expect(check(aGoodHistory())).toEqual([]);
    expect(check(emptyHistory())).toEqual([]);
  });

  it('lets a message that was never accepted be in the history, or not', () => {
    const history = aGoodHistory();
    sentAt(history, 2).accepted = [];
    history.sent.push({ ...sentAt(history, 4), clientMessageId: 'c5', nth: 5, accepted: [] });
    expect(check(history)).toEqual([]);
  });

  it('finds a message that was accepted and lost, and tells which and when', () => {
    const history = aGoodHistory();
    inBoth(history, (messages) => messages.splice(1, 1));
    const [first] = check(history);
    expect(first?.promise).toBe('accepted-is-kept');
    expect(first?.at).toBe(t0 + 2000);
    for (const part of ['Lost', '"hello 2"', 'c2', 'm-2', 'ann', 'd-1', '2026-01-01T00:00:02.000Z'])
      expect(first?.words).toContain(part);
  });

  it('finds a message lost from the end, where it leaves no hole', () => {
    const history = aGoodHistory();
    for (const reading of history.finalHistories) {
      reading.messages.pop();
      reading.headSeq--;
    }
    expect(wordsOf(history, 'accepted-is-kept')).toContain('"hello 4"');
    expect(brokenIn(history)).not.toContain('no-holes');
  });

  it('finds a message that is kept twice, though under two ids', () => {
    const history = aGoodHistory();
    for (const reading of history.finalHistories) {
      const [first] = reading.messages;
      if (first) reading.messages.push({ ...first, seq: 5, messageId: 'm-other' });
      reading.headSeq++;
    }
    expect(brokenIn(history)).toEqual(new Set(['kept-once', 'unread-exact']));
    expect(wordsOf(history, 'kept-once')).toContain('"hello 1"');
    expect(wordsOf(history, 'kept-once')).toContain('at seq 1 and 5');
  });

  it('finds two answers that name one send differently', () => {
    const history = aGoodHistory();
    sentAt(history, 3).accepted.push({ at: t0, messageId: 'm-other', conversationId });
    expect(brokenIn(history)).toEqual(new Set(['accepted-is-kept']));
    expect(wordsOf(history, 'accepted-is-kept')).toContain('m-other');
  });

  it('finds what nobody sent, and what was changed on its way', () => {
    const history = aGoodHistory();
    history.sent.splice(0, 1);
    inBoth(history, (messages) => messages[2] && (messages[2].text = 'goodbye'));
    expect(wordsOf(history, 'kept-once')).toMatch(/Nobody sent .*m-1/);
    expect(wordsOf(history, 'kept-once')).toMatch(/Changed: "hello 3".*"goodbye"/);
  });

  it('finds a hole in the numbers, a repeat of one, and a head that is not the last', () => {
    const hole = aGoodHistory();
    inBoth(hole, (messages) => messages[2] && (messages[2].seq = 7));
    expect(wordsOf(hole, 'no-holes')).toContain('seq 3 should come behind 2, but there is 7');
    const repeat = aGoodHistory();
    inBoth(repeat, (messages) => messages[2] && (messages[2].seq = 2));
    expect(wordsOf(repeat, 'no-holes')).toContain('seq 3 should come behind 2, but there is 2');
    const head = aGoodHistory();
    for (const reading of head.finalHistories) reading.headSeq = 5;
    expect(wordsOf(head, 'no-holes')).toContain('has 4 messages, but its head is 5');
  });

  it('finds awaited sends that changed places', () => {
    const history = aGoodHistory();
    inBoth(history, (messages) => {
      const [, second, third] = messages;
      if (second && third)
        [messages[1], messages[2]] = [
          { ...third, seq: 2 },
          { ...second, seq: 3 },
        ];
    });
    const words = wordsOf(history, 'sends-keep-order');
    expect(words).toMatch(/Out of order: "hello 3".* at seq 2, before "hello 2".* at seq 3/);
  });

  it('finds members who read different histories', () => {
    const history = aGoodHistory();
    const [anns] = history.finalHistories;
    const last = anns?.messages[3];
    if (last) anns.messages[3] = { ...last, messageId: 'm-other' };
    expect(wordsOf(history, 'one-order')).toMatch(/ann has d-1 seq 4: m-other.*bo has d-1 seq 4: m-4/);
  });

  it('finds a message that was shown at another place than it is kept, or is not kept at all', () => {
    const history = aGoodHistory();
    const [first, second] = history.shown;
    if (first) first.seq = 9;
    if (second) history.shown.push({ ...second, messageId: 'm-ghost' });
    expect(brokenIn(history)).toEqual(new Set(['live-as-kept']));
    expect(wordsOf(history, 'live-as-kept')).toMatch(/seq 9: m-1.*but the history has d-1 seq 1/);
    expect(wordsOf(history, 'live-as-kept')).toMatch(/m-ghost.*which the history does not have/);
  });

  it('finds a message that the inbox has twice', () => {
    const history = aGoodHistory();
    const message = history.shown[0];
    if (message)
      history.inboxReadings.push({
        userId: 'bo',
        begunAt: t0,
        items: [
          { inboxId: 'row-1', message },
          { inboxId: 'row-2', message },
        ],
      });
    expect(brokenIn(history)).toEqual(new Set(['inbox-once']));
    expect(wordsOf(history, 'inbox-once')).toMatch(/inbox of bo .*m-1.*row-1 and row-2/);
  });

  it('finds what was acknowledged and came again, but not what was read meanwhile', () => {
    const history = aGoodHistory();
    const message = history.shown[0];
    const reading = { userId: 'bo', items: message ? [{ inboxId: 'row-1', message }] : [] };
    history.inboxReadings.push({ ...reading, begunAt: t0 + 59_000 });
    expect(check(history)).toEqual([]);
    history.inboxReadings.push({ ...reading, begunAt: t0 + 61_000 });
    expect(brokenIn(history)).toEqual(new Set(['acknowledged-is-gone']));
    expect(wordsOf(history, 'acknowledged-is-gone')).toContain('confirmed at 2026-01-01T00:01:00.000Z');
  });

  it('finds a receiver who was never given a message, and one who got it without its counting', () => {
    const history = aGoodHistory();
    history.shown.splice(2, 1);
    inBoth(history, (messages) => messages[0] && (messages[0].isDelivered = false));
    expect(brokenIn(history)).toEqual(new Set(['receivers-converge']));
    expect(wordsOf(history, 'receivers-converge')).toMatch(/bo was never given d-1 seq 3: m-3/);
    expect(wordsOf(history, 'receivers-converge')).toMatch(/bo was given d-1 seq 1: m-1.*not count/);
  });

  it('finds an unread count that is off by one', () => {
    const history = aGoodHistory();
    const [, bos] = history.finalHistories;
    if (bos) bos.standing = { unreadCount: 2, readSeq: 2, deliveredSeq: 4 };
    expect(brokenIn(history)).toEqual(new Set());
    if (bos) bos.standing.unreadCount = 3;
    expect(wordsOf(history, 'unread-exact')).toContain('unread are 2, but it says 3');
    expect(brokenIn(history)).toEqual(new Set(['unread-exact']));
  });

  it('finds what was read and is unread again, and more that is read than has been delivered', () => {
    const history = aGoodHistory();
    const [, bos] = history.finalHistories;
    history.reads.push({ userId: 'bo', conversationId, upToSeq: 4, confirmedAt: t0 });
    expect(brokenIn(history)).toEqual(new Set());
    if (bos) bos.standing = { unreadCount: 1, readSeq: 3, deliveredSeq: 4 };
    expect(wordsOf(history, 'watermarks-rise')).toContain('but 4 was confirmed');
    if (bos) bos.standing = { unreadCount: 0, readSeq: 4, deliveredSeq: 3 };
    expect(brokenIn(history)).toEqual(new Set(['watermarks-rise']));
  });

  it('finds a stranger who is told something, or shown a message', () => {
    const told = aGoodHistory();
    told.heard.push({ userId: 'bo', conversationId, event: 'typing', at: t0 });
    expect(brokenIn(told)).toEqual(new Set());
    told.heard.push({ userId: 'eve', conversationId, event: 'typing', at: t0 });
    expect(wordsOf(told, 'members-only')).toContain('eve is not in d-1, and was told of a typing');
    const shown = aGoodHistory();
    const [first] = shown.shown;
    if (first) shown.shown.push({ ...first, userId: 'eve', by: 'inbox' });
    expect(brokenIn(shown)).toEqual(new Set(['members-only']));
  });

  it('finds a deleted message that is still there, and one that comes again', () => {
    const still = aGoodHistory();
    still.deleted.push({ conversationId, messageId: 'm-2', begunAt: t0, confirmedAt: t0 });
    expect(wordsOf(still, 'deleted-is-gone')).toContain('still there: d-1 seq 2');

    const gone = aGoodHistory();
    gone.deleted.push({ conversationId, messageId: 'm-2', begunAt: t0, confirmedAt: t0 });
    inBoth(gone, (messages) => {
      if (messages[1]) messages[1].text = null;
    });
    const second = gone.shown[1];
    if (!second) throw new Error('Nothing was shown.');
    gone.shown.push({ ...second, by: 'history', text: null, at: t0 + 10 });
    expect(brokenIn(gone)).toEqual(new Set());
    gone.shown.push({ ...second, by: 'inbox', at: t0 + 11 });
    expect(brokenIn(gone)).toEqual(new Set(['deleted-is-gone']));
  });
});
