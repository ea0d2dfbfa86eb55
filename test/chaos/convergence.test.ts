import { describe, expect, it } from 'vitest';
import { aGoodHistory, brokenIn, sentAt, t0, wordsOf } from './good-history.ts';
import type { FaultPeriod, History } from './history.ts';
import { arrivals } from './checks/convergence.ts';

/** In seconds after the beginning; the n-th message of a good history is accepted and there at n seconds. */
const fault = (name: string, from: number, to: number): FaultPeriod => ({
  ...{ name, at: t0 + from * 1000, endedAt: t0 + to * 1000 },
});

const arrivesAt = (history: History, nth: number, seconds: number): void => {
  const shown = history.shown.find(({ seq }) => seq === nth);
  if (shown) shown.arrivedAt = t0 + seconds * 1000;
};

describe('the checker of how soon everybody has everything', () => {
  it('finds who had a message later than 45 s after the end of the fault that it was accepted in', () => {
    const history = aGoodHistory();
    history.faults.push(fault('the app is away', 1, 10));
    arrivesAt(history, 2, 55);
    expect(brokenIn(history)).toEqual(new Set());
    arrivesAt(history, 2, 55.1);
    expect(brokenIn(history)).toEqual(new Set(['converges-in-time']));
    const words = wordsOf(history, 'converges-in-time');
    for (const part of ['bo had "hello 2"', '45.1 s', '"the app is away" ended at 2026-01-01T00:00:10.000Z'])
      expect(words).toContain(part);
  });

  it('counts from the end of the first fault behind the 202, whatever ends later', () => {
    const history = aGoodHistory();
    history.faults.push(fault('second', 12, 13), fault('first', 1, 10), fault('before', 0, 1));
    arrivesAt(history, 2, 60);
    expect(wordsOf(history, 'converges-in-time')).toContain('49.0 s of nothing failing after "first"');
  });

  it('does not count the time of other faults, and that of two at once but once', () => {
    const history = aGoodHistory();
    history.faults.push(fault('first', 1, 10), fault('long', 20, 40), fault('within', 30, 45));
    arrivesAt(history, 2, 79);
    expect(brokenIn(history)).toEqual(new Set());
    arrivesAt(history, 2, 81);
    expect(wordsOf(history, 'converges-in-time')).toContain('46.0 s');
    arrivesAt(history, 2, 35);
    expect(arrivals(history).find(({ sent }) => sent === sentAt(history, 2))?.lateMs).toBe(10_000);
  });

  it('counts from the 202 where no fault comes behind it', () => {
    const history = aGoodHistory();
    history.faults.push(fault('before', 0, 1));
    arrivesAt(history, 2, 48);
    expect(wordsOf(history, 'converges-in-time')).toContain('46.0 s of nothing failing after its 202');
  });

  it('takes the first way by which a message came, and leaves to others what never came', () => {
    const history = aGoodHistory();
    const [first] = history.shown;
    if (first) history.shown.push({ ...first, by: 'inbox', arrivedAt: t0 + 300_000 });
    expect(brokenIn(history)).toEqual(new Set());
    history.shown = history.shown.filter(({ seq }) => seq !== 3);
    expect(brokenIn(history)).toEqual(new Set(['receivers-converge']));
  });

  it('does not wait for what was never accepted, nor for what came before the fault was over', () => {
    const history = aGoodHistory();
    history.faults.push(fault('long', 1, 100));
    expect(Math.max(...arrivals(history).map(({ lateMs }) => lateMs))).toBe(0);
    sentAt(history, 2).accepted = [];
    arrivesAt(history, 2, 3_000);
    expect(brokenIn(history)).toEqual(new Set());
  });
});
