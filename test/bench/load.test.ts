import { describe, expect, it } from 'vitest';
import { withoutEdits } from '../../bench/load/deeds.ts';
import { Deliveries } from '../../bench/load/deliveries.ts';
import { isFlat, trendOf, warm } from '../../bench/load/flatness.ts';
import { chooseDeed, deedsPerSecond, mattermost } from '../../bench/load/mix.ts';
import { readOptions } from '../../bench/load/options.ts';
import { failures, Tally } from '../../bench/load/tally.ts';
import { findings } from '../../bench/load/verdict.ts';

const series = (values: readonly number[]) => values.map((value, index) => ({ at: index / 60, value }));

describe('the trend of a soak', () => {
  it('is the growth by the hour, whatever a few outliers say', () => {
    const values = Array.from({ length: 40 }, (_, minute) => 100 + minute);
    values[10] = 900;
    values[30] = 5;
    expect(trendOf(series(values)).perHour).toBeCloseTo(60, 0);
  });

  it('leans to neither side of an even number of values', () => {
    expect(trendOf(series([100, 120])).level).toBe(110);
    const four = trendOf(series([0, 1, 0, 2])); // slopes by the minute: -1, 0, 1/2, 2/3, 1, 2
    expect(four.perHour).toBeCloseTo((60 * (1 / 2 + 2 / 3)) / 2);
  });

  it('is flat when it swings around a level, and not when it creeps', () => {
    const allowed = { part: 0.1, least: 4 };
    const swinging = Array.from({ length: 40 }, (_, minute) => 100 + (minute % 2) * 20);
    const creeping = Array.from({ length: 40 }, (_, minute) => 100 + minute / 3);
    expect(isFlat(trendOf(series(swinging)), allowed)).toBe(true);
    expect(isFlat(trendOf(series(creeping)), allowed)).toBe(false);
  });

  it('leaves out the first third, and judges servers but not what stores', () => {
    const state = (rss: number) => ({ rss, heap: NaN, buffers: NaN, files: 10, sockets: 5, resources: NaN });
    const minutes = Array.from({ length: 30 }, (_, minute) => ({
      at: minute * 60_000,
      servers: { functions: state(Math.min(minute, 10) * 100), azurite: state(minute * 100) },
    }));
    expect(warm(minutes)).toHaveLength(20);
    const found = findings({ minutes } as unknown as Parameters<typeof findings>[0]);
    const of = (role: string) => found.find((one) => one.role === role && one.figure === 'rss');
    expect(of('functions')).toMatchObject({ level: 1000, perHour: 0, isFlat: true });
    expect(of('azurite')?.perHour).toBeCloseTo(6000);
    expect(of('azurite')?.isFlat).toBeUndefined();
  });
});

describe('the mix', () => {
  it('does each deed in its share', () => {
    const count = 100_000;
    const deeds = Array.from({ length: count }, (_, index) => chooseDeed(mattermost, index / count));
    const share = (name: string): number => deeds.filter((deed) => deed === name).length / count;
    expect(share('switch channel') / share('send')).toBeCloseTo(6.52, 1);
    expect(share('reconnect') / share('send')).toBeCloseTo(0.144, 2);
    expect(deedsPerSecond(mattermost, 10) * share('send')).toBeCloseTo(10, 1);
  });
});

describe('a tally', () => {
  it('tells what came since a mark', () => {
    const tally = new Tally();
    tally.took('send', 5);
    tally.answered('send', '202');
    const mark = tally.mark();
    tally.took('send', 50);
    tally.answered('send', '503');
    expect(tally.since(mark)).toMatchObject([{ kind: 'send', count: 1, p50: 50, answers: { 503: 1 } }]);
    expect(tally.since()).toMatchObject([{ count: 2, answers: { 202: 1, 503: 1 } }]);
  });

  it('counts no answer and 5xx as failures, 429 and 503 as refusals, and leaves out how deliveries came', () => {
    const tally = new Tally();
    for (const answer of ['202', '429', '503', 'timeout', '404']) tally.answered('send', answer);
    tally.answered('delivery', 'live');
    expect(failures(tally.since())).toEqual({ answers: 5, failed: 2, refused: 2 });
  });
});

describe('deliveries', () => {
  it('wait for everybody, once each, and time what comes live', async () => {
    const tally = new Tally();
    const deliveries = new Deliveries(tally);
    deliveries.expect('one', ['bo', 'cy'], performance.now());
    const all = deliveries.allArrived(5000);
    deliveries.arrived('one', 'bo', 'live');
    deliveries.arrived('one', 'bo', 'live');
    expect(deliveries.open).toBe(1);
    expect(deliveries.overdue(60_000)).toEqual(new Set());
    deliveries.arrived('one', 'cy', 'later');
    expect(deliveries.overdue(0)).toEqual(new Set());
    expect(await all).toBe(true);
    expect(tally.since()).toMatchObject([{ kind: 'delivery', count: 1, answers: { live: 1, later: 1 } }]);
  });
});

describe('the text of a message', () => {
  it('is known again after edits, and tells how often it was edited', () => {
    expect(withoutEdits('user-1-0-1: lunch and train')).toEqual({
      text: 'user-1-0-1: lunch and train',
      edits: 0,
    });
    expect(withoutEdits('user-1-0-1: lunch and train ✎3').edits).toBe(3);
    expect(withoutEdits('user-1-0-1: lunch and train ✎3').text).toBe('user-1-0-1: lunch and train');
  });
});

describe('the command line', () => {
  it.each([
    [['--level', 'L9'], '--level is "L9"; there are L0, L1,'],
    [[], '--level is missing.'],
    [['--level', 'L1', '--rate', '-3'], '--rate'],
    [['--level', 'L1', '--rate', '0'], '--rate is "0", but must be a number from 0.1.'],
    [['--level', 'L1', '--users', '1'], '--users is "1", but must be a number from 2.'],
    [['--level', 'L1', '--faults'], '--faults is for L6 only.'],
    [['--level', 'L1', '--speed', '3'], "Unknown option '--speed'"],
  ])('%j is refused with its reason and the usage', (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
    expect(() => readOptions(args)).toThrow('Usage: npm run load');
  });

  it('makes as many conversations for each person when there are fewer people', () => {
    expect(readOptions(['--level', 'L2', '--users', '100'])?.shape).toMatchObject({
      groups: 20,
      groupSize: 5,
    });
    expect(readOptions(['--level', 'L4', '--users', '300'])?.shape).toMatchObject({
      groups: 1,
      groupSize: 300,
    });
  });
});
