import { fillMsOf, refilled, secondsUntil, type Bucket, type Rate } from '../../domain/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import { rateLimited, type RateLimiter, type RateLimitKind } from '../../ports/rate-limiter.ts';

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

  /** @returns seconds until there are tokens; 0 when they were taken */
  take(key: string, count: number, now: number): number {
    const bucket = this.#buckets.get(key);
    // The clock was set back: from now on it fills up again, and not when the clock is there once more.
    if (bucket && bucket.at > now) bucket.at = now;
    const tokens = refilled(bucket, this.#rate, now);
    const seconds = secondsUntil(count, tokens, this.#rate);
    if (seconds > 0) return seconds;
    this.#buckets.delete(key);
    this.#makeRoom(now);
    this.#buckets.set(key, { tokens: tokens - count, at: now });
    return 0;
  }

  giveBack(key: string, count: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens += count;
  }

  /**
   * A bucket that has filled up again says nothing and goes; so does the one longest untouched when there is no room:
   * memory has a bound, and whoever has that many keys is not held up by one more bucket.
   */
  #makeRoom(now: number): void {
    const fillMs = fillMsOf(this.#rate);
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

  take(kind: RateLimitKind, key: string, count = 1): Promise<void> {
    const seconds = this.#kinds.get(kind)?.take(key, count, this.#clock.now().getTime()) ?? 0;
    return seconds === 0 ? Promise.resolve() : Promise.reject(rateLimited(seconds));
  }

  /** Takes back that tokens were taken. */
  giveBack(kind: RateLimitKind, key: string, count: number): void {
    this.#kinds.get(kind)?.giveBack(key, count);
  }
}
