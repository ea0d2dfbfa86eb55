import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../functions/limits.ts';
import { SharedRateLimiter } from '../../shared/adapters/limits/shared-rate-limiter.ts';
import { MemoryRateBuckets } from '../../shared/adapters/memory/memory-rate-buckets.ts';
import { loadConfig } from '../../shared/config.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import type { RateLimitKind } from '../../shared/ports/rate-limiter.ts';
import { FakeTimer } from '../support/fakes.ts';
import { offlineSettings } from '../support/offline-services.ts';

/** Limits with a clock to turn, as the app has them. At a running app they are in `rate-limits.integration.test.ts`. */

const limits = limitsOf(loadConfig(offlineSettings));

const passed = async (limiter: SharedRateLimiter, count: number, kind: RateLimitKind = 'send') => {
  const takes = Array.from({ length: count }, () => limiter.take(kind, 'ann'));
  return (await Promise.allSettled(takes)).filter(({ status }) => status === 'fulfilled').length;
};

describe('a limit', () => {
  it('gives no second burst at the edge of a second or a minute', async () => {
    const clock = new FakeTimer('2026-01-01T12:00:59.999Z');
    const limiter = new SharedRateLimiter(clock, new MemoryRateBuckets(), limits);
    const { burst, perSecond } = limits.send;
    expect(await passed(limiter, 200)).toBe(burst);
    clock.advance(1); // the next second, minute and, for a counter of windows, everything anew
    expect(await passed(limiter, 200)).toBe(0);
    clock.advance(1000);
    expect(await passed(limiter, 200)).toBeLessThanOrEqual(perSecond);
  });

  it.each(['create', 'typing', 'negotiate', 'search', 'find-users', 'login', 'register', 'export'] as const)(
    'of sending is not that of others, nor the reverse: %s',
    async (kind) => {
      const limiter = new SharedRateLimiter(new FakeTimer(), new MemoryRateBuckets(), limits);
      expect(await passed(limiter, 200, kind)).toBe(limits[kind].burst);
      expect(await passed(limiter, 200)).toBe(limits.send.burst);
      expect(await passed(limiter, 1, kind)).toBe(0);
    },
  );
});

describe('while nobody can count', () => {
  const down = {
    draw: () => Promise.reject(new ChatError('unavailable', 'Storage cannot be reached just now.')),
  };

  it('people may still write and read, within what one instance lets pass', async () => {
    const limiter = new SharedRateLimiter(new FakeTimer(), down, limits);
    expect(await passed(limiter, 200)).toBe(limits.send.burst);
    expect(await passed(limiter, 10, 'search')).toBe(10);
  });

  it.each(['login', 'login-account', 'register'] as const)('nobody guesses passwords: %s', async (kind) => {
    const limiter = new SharedRateLimiter(new FakeTimer(), down, limits);
    await expect(limiter.take(kind, 'ann')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
