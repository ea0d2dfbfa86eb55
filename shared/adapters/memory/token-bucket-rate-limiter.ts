import { ChatError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RateLimiter, RateLimitKind } from '../../ports/rate-limiter.ts';

export interface Rate {
  /** Tokens that come back in a second, more than 0; may be a fraction. */
  perSecond: number;
  /** Tokens of a full bucket, at least 1: how many may be taken at once. */
  burst: number;
}

interface Bucket {
  tokens: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Buckets of one kind, at 100 bytes each some 10 MB. */
const maxBuckets = 100_000;

/** Buckets in the order in which they were last taken from. */
class Buckets {
  readonly #rate: Rate;
  readonly #max: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, max: number) {
    this.#rate = rate;
    this.#max = max;
  }

  /** @returns seconds until there is a token; 0 when one was taken */
  take(key: string, now: number): number {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    // A clock that was set back must not take tokens away.
    const passed = Math.max(0, now - bucket.at) / 1000;
    const tokens = Math.min(burst, bucket.tokens + passed * perSecond);
    // Thousand small steps add up to a little less than the whole; a millionth is forgiven.
    if (tokens < 1 - 1e-6) return (1 - tokens) / perSecond;
    this.#buckets.delete(key);
    this.#makeRoom(now);
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
    return 0;
  }

  /**
   * A bucket that has filled up again says nothing and goes; so does the one longest untouched when there is no room:
   * memory has a bound, and whoever has that many keys is not held up by one more bucket.
   */
  #makeRoom(now: number): void {
    const fillMs = (this.#rate.burst / this.#rate.perSecond) * 1000;
    for (const [key, { at }] of this.#buckets) {
      if (now - at < fillMs && this.#buckets.size < this.#max) return;
      this.#buckets.delete(key);
    }
  }
}

/**
 * Token buckets in the memory of one process. Each instance of the app counts by itself, so that a limit costs nothing;
 * with n instances up to n times as much may pass.
 */
export class TokenBucketRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  readonly #kinds: Map<RateLimitKind, Buckets>;

  /** @param max buckets of a kind */
  constructor(clock: Clock, rates: Record<RateLimitKind, Rate>, max: number = maxBuckets) {
    this.#clock = clock;
    this.#kinds = new Map(
      Object.entries(rates).map(([kind, rate]) => [kind as RateLimitKind, new Buckets(rate, max)]),
    );
  }

  take(kind: RateLimitKind, key: string): Promise<void> {
    const seconds = this.#kinds.get(kind)?.take(key, this.#clock.now().getTime()) ?? 0;
    if (seconds === 0) return Promise.resolve();
    const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
    return Promise.reject(
      new ChatError('rate-limited', `Too many requests. Try again in ${retryAfterSeconds} s.`, {
        retryAfterSeconds,
      }),
    );
  }
}
