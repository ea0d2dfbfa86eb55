import { describe, expect, test } from 'vitest';
import { TokenBucketRateLimiter } from '../../../../shared/adapters/memory/token-bucket-rate-limiter.ts';

const rates = {
  send: { perSecond: 10, burst: 20 },
  typing: { perSecond: 2, burst: 10 },
  connect: { perSecond: 1, burst: 60 },
  login: { perSecond: 1, burst: 60 },
  'login-account': { perSecond: 1 / 3, burst: 20 },
  create: { perSecond: 1 / 3, burst: 20 },
  register: { perSecond: 1 / 3, burst: 20 },
  'find-users': { perSecond: 1 / 3, burst: 20 },
  export: { perSecond: 1 / 3, burst: 20 },
  search: { perSecond: 1 / 3, burst: 20 },
  negotiate: { perSecond: 1 / 3, burst: 20 },
};

const aLimiter = (max?: number) => {
  const clock = { ms: Date.UTC(2026, 0, 2), now: () => new Date(clock.ms) };
  return { limiter: new TokenBucketRateLimiter(clock, rates, max), clock };
};

/** How many of `count` takes at once there were tokens for. */
const takeMany = async (limiter: TokenBucketRateLimiter, count: number, key = 'ann'): Promise<number> => {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => limiter.take('send', key)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
};

describe('a limit', () => {
  test('lets a burst through and not one more, also when all come at once', async () => {
    const { limiter } = aLimiter();
    expect(await takeMany(limiter, 200)).toBe(20);
  });

  test('gives back as many as its rate says, never more than a burst', async () => {
    const { limiter, clock } = aLimiter();
    await takeMany(limiter, 20);
    clock.ms += 99;
    expect(await takeMany(limiter, 5)).toBe(0);
    clock.ms += 1;
    expect(await takeMany(limiter, 5)).toBe(1);
    clock.ms += 1000;
    expect(await takeMany(limiter, 50)).toBe(10);
    clock.ms += 86_400_000;
    expect(await takeMany(limiter, 50)).toBe(20);
  });

  test('holds over time, however it is asked', async () => {
    const { limiter, clock } = aLimiter();
    let taken = 0;
    for (let i = 0; i < 10_000; i++, clock.ms += 7) taken += await takeMany(limiter, 1);
    expect(taken).toBeGreaterThanOrEqual(20 + 699);
    expect(taken).toBeLessThanOrEqual(20 + 700);
  });

  test('says in whole seconds when to try again, and then there is one', async () => {
    const { limiter, clock } = aLimiter();
    await takeMany(limiter, 20);
    await expect(limiter.take('send', 'ann')).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: 1,
    });
    for (let i = 0; i < 20; i++) await limiter.take('register', '10.0.0.1');
    await expect(limiter.take('register', '10.0.0.1')).rejects.toMatchObject({ retryAfterSeconds: 3 });
    clock.ms += 3000;
    await limiter.take('register', '10.0.0.1');
  });

  test('counts each key and each kind apart', async () => {
    const { limiter } = aLimiter();
    expect(await takeMany(limiter, 30, 'ann')).toBe(20);
    expect(await takeMany(limiter, 30, 'bo')).toBe(20);
    await limiter.take('login', 'ann');
  });

  test('is not lifted by asking again and again', async () => {
    const { limiter, clock } = aLimiter();
    await takeMany(limiter, 20);
    for (let i = 0; i < 9; i++, clock.ms += 10) expect(await takeMany(limiter, 100)).toBe(0);
  });

  test('takes nothing away when the clock is set back', async () => {
    const { limiter, clock } = aLimiter();
    await takeMany(limiter, 10);
    clock.ms -= 3_600_000;
    expect(await takeMany(limiter, 50)).toBe(10);
    clock.ms += 100;
    expect(await takeMany(limiter, 50)).toBe(1);
  });

  test('fills up again from then on when the clock is set back, also if there was nothing left', async () => {
    const { limiter, clock } = aLimiter();
    await takeMany(limiter, 20);
    clock.ms -= 3_600_000;
    expect(await takeMany(limiter, 1)).toBe(0);
    clock.ms += 100;
    expect(await takeMany(limiter, 50)).toBe(1);
  });
});

describe('the memory of limits', () => {
  test('is bounded: with too many keys the longest untouched is forgotten first', async () => {
    const { limiter } = aLimiter(100);
    await takeMany(limiter, 20, 'first');
    await takeMany(limiter, 20, 'second');
    for (let i = 0; i < 99; i++) await limiter.take('send', `key ${i}`);
    expect(await takeMany(limiter, 1, 'second')).toBe(0);
    expect(await takeMany(limiter, 1, 'first')).toBe(1);
  });

  test('lets go of what is full again', async () => {
    const { limiter, clock } = aLimiter(100);
    for (let round = 0; round < 50; round++, clock.ms += 2000) {
      await takeMany(limiter, 20, `limited ${round}`);
      for (let i = 0; i < 98; i++) await limiter.take('send', `key ${round} ${i}`);
      // Had the keys of earlier rounds stayed, this one would have been forgotten.
      expect(await takeMany(limiter, 1, `limited ${round}`)).toBe(0);
    }
  });
});
