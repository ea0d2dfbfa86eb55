import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryRateBuckets } from '../../../shared/adapters/memory/memory-rate-buckets.ts';
import { TableRateBuckets } from '../../../shared/adapters/tables/table-rate-buckets.ts';
import type { Rate } from '../../../shared/domain/token-bucket.ts';
import type { RateBuckets } from '../../../shared/ports/rate-buckets.ts';
import { ownTables } from '../../support/own-tables.ts';

const { tables } = ownTables();

const noon = new Date('2026-01-01T12:00:00.000Z');
const after = (ms: number): Date => new Date(noon.getTime() + ms);
const rate: Rate = { perSecond: 10, burst: 20 };

/** Two instances that share buckets. */
const adapters: [string, () => [RateBuckets, RateBuckets]][] = [
  [
    'in memory',
    () => {
      const buckets = new MemoryRateBuckets();
      return [buckets, buckets];
    },
  ],
  ['in Table Storage', () => [new TableRateBuckets(tables), new TableRateBuckets(tables)]],
];

describe.each(adapters)('a shared bucket, %s,', (_, open) => {
  const aBucket = () => {
    const [one, other] = open();
    const name = `send|${randomUUID()} / ' ü`;
    const draw = (least: number, { ms = 0, most = least, owed = 0, from = one } = {}) =>
      from.draw(name, rate, { owed, least, most }, after(ms));
    return { one, other, draw, name };
  };

  it('gives what is wanted as long as there is as much, and then says when', async () => {
    const { draw } = aBucket();
    expect(await draw(1, { most: 5 })).toEqual({ tokens: 5, seconds: 0 });
    expect(await draw(1, { most: 100 })).toEqual({ tokens: 15, seconds: 0 });
    expect(await draw(1)).toEqual({ tokens: 0, seconds: 0.1 });
    expect(await draw(3, { ms: 200 })).toEqual({ tokens: 0, seconds: expect.closeTo(0.1) as number });
    expect(await draw(3, { ms: 300 })).toEqual({ tokens: 3, seconds: 0 });
  });

  it('has a token again at the very millisecond, and not before', async () => {
    const { draw } = aBucket();
    await draw(20);
    expect(await draw(1, { ms: 99 })).toMatchObject({ tokens: 0 });
    expect(await draw(1, { ms: 100 })).toMatchObject({ tokens: 1 });
    expect(await draw(1, { ms: 100 })).toMatchObject({ tokens: 0 });
    expect(await draw(1, { ms: 86_400_000, most: 100 })).toMatchObject({ tokens: 20 });
  });

  it('gives each token once, whoever asks', async () => {
    const { draw, one, other } = aBucket();
    const asked = Array.from({ length: 30 }, (__, index) =>
      draw(1, { most: 3, from: index % 2 === 0 ? one : other }),
    );
    const drawn = (await Promise.all(asked)).reduce((sum, { tokens }) => sum + tokens, 0);
    expect(drawn).toBeLessThanOrEqual(20);
    const { tokens: rest } = await draw(1, { most: 20 });
    expect(drawn + rest).toBe(20);
  });

  it('takes what is owed in any case, and lets a debt come back first', async () => {
    const { draw, other } = aBucket();
    await draw(18);
    expect(await draw(1, { owed: 5, from: other })).toEqual({
      tokens: 0,
      seconds: expect.closeTo(0.4) as number,
    });
    expect(await draw(1, { ms: 399 })).toMatchObject({ tokens: 0 });
    expect(await draw(1, { ms: 400 })).toMatchObject({ tokens: 1 });
  });

  it('gives more than a burst for a full bucket only, and for a debt', async () => {
    const { draw } = aBucket();
    expect(await draw(30)).toMatchObject({ tokens: 30 });
    expect(await draw(1, { ms: 1000 })).toMatchObject({ tokens: 0 });
    expect(await draw(30, { ms: 2900 })).toMatchObject({ tokens: 0 });
    expect(await draw(30, { ms: 3000 })).toMatchObject({ tokens: 30 });
  });

  it('is filled by no difference between clocks: one ahead gains a burst once, others wait for it', async () => {
    const { draw, one, other } = aBucket();
    await draw(20);
    let drawn = 0;
    for (let ms = 0; ms < 1000; ms += 100) {
      drawn += (await draw(1, { ms: ms + 60_000, most: 20, from: one })).tokens;
      drawn += (await draw(1, { ms, most: 20, from: other })).tokens;
    }
    expect(drawn).toBe(20 + 9);
    expect(await draw(1, { ms: 1000, from: other })).toEqual({
      tokens: 0,
      seconds: expect.closeTo(60) as number,
    });
  });

  it('fills up from now on where a clock that was an hour ahead has emptied it', async () => {
    const { draw, one, other } = aBucket();
    const hour = 3_600_000;
    expect(await draw(20, { ms: hour, from: one })).toMatchObject({ tokens: 20 });
    // The other knows it as it was, or finds it so.
    for (const from of [one, other]) expect(await draw(1, { from })).toEqual({ tokens: 0, seconds: 0.1 });
    expect(await draw(1, { ms: 100, from: other })).toMatchObject({ tokens: 1 });
    expect(await draw(1, { ms: 100, from: one })).toMatchObject({ tokens: 0 });
    expect(await draw(1, { ms: 2_100, most: 100, from: one })).toMatchObject({ tokens: 20 });
  });

  it('is forgotten some time after it is full, and not before', async () => {
    const [buckets] = open();
    const [now, quarter] = [10 * 3_600_000, 900_000];
    const draw = (name: string, ms: number, least = 20) =>
      buckets.draw(name, rate, { owed: 0, least, most: least }, after(ms));
    await draw('gone', 0);
    await draw('kept', now);
    let forgotten = 0;
    for (let ms = now - quarter; ms <= now; ms += 60_000) forgotten += await buckets.forgetFull(after(ms));
    expect(forgotten).toBeGreaterThanOrEqual(1); // in Table Storage, other tests' buckets of noon as well
    expect(await draw('kept', now, 1)).toMatchObject({ tokens: 0 });
    expect(await draw('gone', now)).toMatchObject({ tokens: 20 });
  });
});

describe('the table of limits', () => {
  const rows = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const row of tables.rateLimits.listEntities())
      keys.push(`${row.partitionKey ?? ''} ${row.rowKey ?? ''}`);
    return keys;
  };
  /** Every shard once, the last one now. */
  const clean = async (buckets: RateBuckets, now: Date): Promise<void> => {
    for (let minutes = 15; minutes >= 0; minutes--)
      await buckets.forgetFull(new Date(now.getTime() - minutes * 60_000));
  };

  it('keeps nothing of what is full, and a note for all that it keeps', async () => {
    const buckets = new TableRateBuckets(tables);
    const year = 365 * 86_400_000;
    await clean(buckets, after(year));
    expect(await rows()).toEqual([]);
    const draw = (name: string, ms: number) =>
      buckets.draw(name, { perSecond: 1 / 3600, burst: 2 }, { owed: 0, least: 2, most: 2 }, after(ms));
    await draw('login|192.0.2.1', 2 * year);
    expect(await rows()).toHaveLength(2);
    expect((await rows()).join()).not.toContain('192.0.2.1');
    // It takes two hours to fill up: after one it is looked at, and stays.
    await clean(buckets, after(2 * year + 4_600_000));
    expect(await rows()).toHaveLength(2);
    expect(await draw('login|192.0.2.1', 2 * year + 4_600_000)).toMatchObject({ tokens: 0 });
    await clean(buckets, after(2 * year + 4 * 3_600_000));
    expect(await rows()).toEqual([]);
  });

  it('keeps a bucket that is drawn from while it is looked at', async () => {
    const buckets = new TableRateBuckets(tables);
    const draw = (ms: number) => buckets.draw('busy', rate, { owed: 0, least: 20, most: 20 }, after(ms));
    await draw(0);
    const later = 5 * 3_600_000;
    await Promise.all([clean(buckets, after(later)), draw(later)]);
    expect(
      await new TableRateBuckets(tables).draw('busy', rate, { owed: 0, least: 1, most: 1 }, after(later)),
    ).toMatchObject({
      tokens: 0,
    });
    await clean(buckets, after(3 * later));
    expect(await rows()).toEqual([]);
  });

  it('is spared a look while an instance draws alone', async () => {
    const buckets = new TableRateBuckets(tables);
    let reads = 0;
    const counted = new TableRateBuckets({
      rateLimits: new Proxy(tables.rateLimits, {
        get: (target, name) => {
          if (name === 'getEntity') reads++;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
    });
    const draw = (from: RateBuckets) => from.draw('alone', rate, { owed: 0, least: 1, most: 1 }, noon);
    for (let count = 0; count < 5; count++) await draw(counted);
    expect(reads).toBe(1);
    await draw(buckets);
    await draw(counted);
    expect(reads).toBe(2);
  });
});
