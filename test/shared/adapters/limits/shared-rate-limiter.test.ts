import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../../../functions/limits.ts';
import { SharedRateLimiter } from '../../../../shared/adapters/limits/shared-rate-limiter.ts';
import { MemoryRateBuckets } from '../../../../shared/adapters/memory/memory-rate-buckets.ts';
import { TableRateBuckets } from '../../../../shared/adapters/tables/table-rate-buckets.ts';
import { loadConfig } from '../../../../shared/config.ts';
import { ChatError } from '../../../../shared/domain/errors.ts';
import type { RateBuckets } from '../../../../shared/ports/rate-buckets.ts';
import type { RateLimiter, RateLimitKind } from '../../../../shared/ports/rate-limiter.ts';
import { ownTables } from '../../../support/own-tables.ts';
import { FakeTimer } from '../../../support/fakes.ts';
import { offlineSettings } from '../../../support/offline-services.ts';

const { tables } = ownTables();

/** A burst of 20 and 10 a second, of which each instance lets pass 2 and one in two seconds without asking. */
const limits = limitsOf(loadConfig(offlineSettings));
const { burst, alone } = limits.send;

/** Buckets whose calls are counted, and which can be down. */
class Counted implements Pick<RateBuckets, 'draw'> {
  readonly #buckets: RateBuckets;
  calls = 0;
  failure: Error | undefined;
  hangs = false;

  constructor(buckets: RateBuckets = new MemoryRateBuckets()) {
    this.#buckets = buckets;
  }

  draw(...args: Parameters<RateBuckets['draw']>): ReturnType<RateBuckets['draw']> {
    this.calls++;
    if (this.failure) return Promise.reject(this.failure);
    return this.hangs ? new Promise(() => undefined) : this.#buckets.draw(...args);
  }
}

/** Instances of the app that share buckets. */
const instances = (
  count: number,
  buckets: Pick<RateBuckets, 'draw'>,
  clock = new FakeTimer(),
  drawMs = 10_000,
) => ({
  clock,
  all: Array.from({ length: count }, () => new SharedRateLimiter(clock, buckets, limits, { drawMs })),
});

const passed = async (
  limiters: readonly RateLimiter[],
  count: number,
  kind: RateLimitKind = 'send',
  key = 'ann',
): Promise<number> => {
  const takes = Array.from({ length: count }, async (_, index) =>
    limiters[index % limiters.length]?.take(kind, key),
  );
  const outcomes = await Promise.allSettled(takes);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({
        code: 'rate-limited',
        retryAfterSeconds: expect.any(Number) as number,
      });
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
};

describe.each<[string, () => RateBuckets[]]>([
  [
    'in memory',
    () => {
      const buckets = new MemoryRateBuckets();
      return [buckets, buckets];
    },
  ],
  ['in Table Storage', () => [new TableRateBuckets(tables), new TableRateBuckets(tables)]],
])('a limit shared %s', (_, open) => {
  const two = () => {
    const clock = new FakeTimer();
    return {
      clock,
      all: open().map((buckets) => new SharedRateLimiter(clock, buckets, limits, { drawMs: 10_000 })),
      key: randomUUID(),
    };
  };

  it('lets a burst of 200 at two instances pass once, not twice', async () => {
    const { all, clock, key } = two();
    const first = await passed(all, 200, 'send', key);
    expect(first).toBeGreaterThanOrEqual(burst);
    // What an instance lets through alone may come when the others have taken all: so much more, and it is owed.
    expect(first).toBeLessThanOrEqual(burst + alone.burst);
    expect(await passed(all, 200, 'send', key)).toBe(0);
    clock.advance(1000);
    expect(first + (await passed(all, 200, 'send', key))).toBeLessThanOrEqual(burst + 10 + alone.burst);
  });

  it('lets of what guards accounts pass the limit exactly, wherever it is asked', async () => {
    const { all, clock, key } = two();
    expect(await passed(all, 200, 'login', key)).toBe(60);
    clock.advance(999);
    expect(await passed(all, 10, 'login', key)).toBe(0);
    clock.advance(1);
    expect(await passed(all, 10, 'login', key)).toBe(1);
    expect(await passed(all, 30, 'login-account', key)).toBe(10);
  });
});

describe('a shared limit', () => {
  it('is exact within an instance: a burst, and then what its rate says', async () => {
    const { all, clock } = instances(1, new MemoryRateBuckets());
    expect(await passed(all, 200)).toBe(20);
    clock.advance(99);
    expect(await passed(all, 5)).toBe(0);
    clock.advance(1);
    expect(await passed(all, 5)).toBe(1);
    clock.advance(1000);
    expect(await passed(all, 50)).toBe(10);
    clock.advance(86_400_000);
    expect(await passed(all, 50)).toBe(20);
  });

  it('asks nobody about people who type, from their first message on', async () => {
    const buckets = new Counted();
    const { all, clock } = instances(1, buckets);
    for (let message = 0; message < 200; message++) {
      expect(await passed(all, 1)).toBe(1);
      clock.advance(2000);
    }
    for (let pair = 0; pair < 100; pair++) {
      expect(await passed(all, 2)).toBe(2);
      clock.advance(4000);
    }
    expect(buckets.calls).toBe(0);
  });

  it('asks once for some tokens about whoever sends more', async () => {
    const buckets = new Counted();
    const { all, clock } = instances(1, buckets);
    for (let message = 0; message < 100; message++) {
      expect(await passed(all, 1)).toBe(1);
      clock.advance(100);
    }
    expect(buckets.calls).toBeLessThanOrEqual(100 / 4 + 1);
    buckets.calls = 0;
    clock.advance(60_000);
    expect(await passed(all, 200)).toBe(20);
    expect(buckets.calls).toBeLessThanOrEqual(3);
  });

  it('asks no more while it is known that there is nothing', async () => {
    const buckets = new Counted();
    const { all } = instances(1, buckets);
    await passed(all, 100, 'login-account');
    const { calls } = buckets;
    expect(await passed(all, 100, 'login-account')).toBe(0);
    expect(buckets.calls).toBe(calls);
  });

  it.each([2, 5, 20])('holds over time at %i instances, but for what each lets pass alone', async (count) => {
    const { all, clock } = instances(count, new MemoryRateBuckets());
    const seconds = 30;
    let taken = 0;
    for (let ms = 0; ms < seconds * 1000; ms += 50) {
      taken += await passed(all, 3 * count);
      clock.advance(50);
    }
    const drawn = Math.ceil(burst / 5);
    const bound = burst + 10 * seconds + count * (alone.burst + alone.perSecond * seconds + drawn - 1);
    expect(taken).toBeLessThanOrEqual(bound);
    expect(taken).toBeGreaterThanOrEqual(10 * seconds);
  });

  it('takes what was let through alone from what is shared', async () => {
    const { all, clock } = instances(10, new MemoryRateBuckets());
    expect(await passed(all, 20)).toBe(20); // two at each instance, and nobody asked
    const more = await passed(all, 200);
    expect(more).toBeLessThanOrEqual(20);
    clock.advance(100);
    // What went beyond the limit is paid back.
    expect(await passed(all, 200)).toBeLessThanOrEqual(Math.max(0, 20 - more) + 1);
  });

  it('takes for something large as many, or a full bucket and a debt', async () => {
    const { all, clock } = instances(2, new MemoryRateBuckets());
    const [one, other] = all;
    await one?.take('send', 'ann', 15);
    await expect(other?.take('send', 'ann', 10)).rejects.toMatchObject({ code: 'rate-limited' });
    clock.advance(60_000);
    await one?.take('send', 'ann', 50);
    clock.advance(2900);
    await expect(one?.take('send', 'ann')).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: 1,
    });
    clock.advance(200);
    await one?.take('send', 'ann');
  });

  it('is counted for each key and kind apart', async () => {
    const { all } = instances(2, new MemoryRateBuckets());
    await passed(all, 200);
    expect(await passed(all, 1, 'send', 'bo')).toBe(1);
    expect(await passed(all, 1, 'search', 'ann')).toBe(1);
  });

  it('remembers no more keys than it may', async () => {
    const buckets = new Counted();
    const limiter = new SharedRateLimiter(new FakeTimer(), buckets, limits, { maxKeys: 10 });
    for (let user = 0; user < 1000; user++) await limiter.take('send', `user ${user}`);
    expect(buckets.calls).toBe(0);
    await passed([limiter], 3, 'send', 'user 0');
    expect(await passed([limiter], 20, 'send', 'user 999')).toBe(19);
  });
});

describe('while what is shared cannot be reached', () => {
  const down = new ChatError('unavailable', 'Storage cannot be reached just now.', { retryAfterSeconds: 2 });

  it('an instance lets its users send, by its own count', async () => {
    const buckets = new Counted();
    buckets.failure = down;
    const { all, clock } = instances(1, buckets);
    expect(await passed(all, 200)).toBe(20);
    expect(buckets.calls).toBe(1);
    for (const kind of ['typing', 'connect', 'negotiate', 'search', 'find-users'] as const)
      expect(await passed(all, 5, kind)).toBe(5);
    // After five seconds it asks again, and what was let through counts only once it answers.
    buckets.failure = undefined;
    clock.advance(5000);
    expect(await passed(all, 200)).toBe(20);
    expect(buckets.calls).toBeGreaterThan(1);
  });

  it('an instance waits for no answer that does not come', async () => {
    const buckets = new Counted();
    buckets.hangs = true;
    const { all } = instances(1, buckets, undefined, 20);
    expect(await passed(all, 200)).toBe(20);
    expect(buckets.calls).toBe(1);
  });

  it.each(['login', 'login-account', 'register', 'export'] as const)(
    'nobody passes uncounted: %s',
    async (kind) => {
      const buckets = new Counted();
      buckets.failure = down;
      const { all } = instances(1, buckets);
      for (let count = 0; count < 3; count++)
        await expect(all[0]?.take(kind, 'ann')).rejects.toMatchObject({
          code: 'unavailable',
          retryAfterSeconds: 2,
        });
      buckets.failure = undefined;
      await all[0]?.take(kind, 'ann'); // nothing was taken
    },
  );

  it('a bug is not taken for it', async () => {
    const buckets = new Counted();
    buckets.failure = new TypeError('a bug');
    const { all } = instances(1, buckets);
    await passed(all, 2);
    await expect(all[0]?.take('send', 'ann')).rejects.toThrow('a bug');
  });
});

describe('clocks', () => {
  it('that differ between instances let no more pass, but for a burst once', async () => {
    const buckets = new MemoryRateBuckets();
    const { all: right, clock } = instances(1, buckets);
    const { all: ahead, clock: fast } = instances(1, buckets, new FakeTimer('2026-01-01T12:05:00.000Z'));
    let taken = 0;
    for (let ms = 0; ms < 10_000; ms += 100) {
      taken += (await passed(right, 5)) + (await passed(ahead, 5));
      clock.advance(100);
      fast.advance(100);
    }
    expect(taken).toBeLessThanOrEqual(2 * burst + 10 * 10 + 2 * (alone.burst + alone.perSecond * 10 + 3));
  });

  it('that are set back lock nobody out who has taken everything before', async () => {
    const { all, clock } = instances(1, new MemoryRateBuckets());
    expect(await passed(all, 200)).toBeGreaterThan(1);
    clock.advance(-3_600_000);
    // Both of its own and of the shared bucket, which it asks only when it may pass itself.
    for (let n = 0; n < 2; n++) {
      await passed(all, 200);
      clock.advance(1000);
    }
    expect(await passed(all, 5)).toBe(5);
  });

  it('that are set back lock nobody out', async () => {
    const { all, clock } = instances(1, new MemoryRateBuckets());
    await passed(all, 200, 'typing');
    clock.advance(-3_600_000);
    expect(await passed(all, 1, 'typing', 'bo')).toBe(1);
    clock.advance(3_600_000 + 5000);
    expect(await passed(all, 1, 'typing')).toBe(1);
  });
});
