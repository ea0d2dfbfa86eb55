import { ChatError } from '../../domain/errors.ts';
import { fillMsOf, type Rate } from '../../domain/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RateBuckets } from '../../ports/rate-buckets.ts';
import { rateLimited, type RateLimiter, type RateLimitKind } from '../../ports/rate-limiter.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { TokenBucketRateLimiter } from '../memory/token-bucket-rate-limiter.ts';
import { Share } from './share.ts';

/** A limit of all instances together. */
export interface SharedLimit extends Rate {
  /**
   * What each instance lets through without asking, and while nobody can be asked all that it would let through alone.
   * Undefined: every token is asked for, and nothing passes while nobody can be asked.
   */
  alone?: Rate;
}

interface Options {
  /** Keys that are remembered. */
  maxKeys?: number;
  /** Milliseconds that a message waits for a token that nobody may need. */
  drawMs?: number;
}

/** For so long nobody is asked after an answer did not come. */
const silenceMs = 5000;

/** The part of a burst that is drawn at once. */
const chunk = 1 / 5;

const withinMs = async <T>(ms: number, run: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ChatError('unavailable', `No answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Limits that hold over all instances of the app, at hardly any cost: whoever does little is let through without asking
 * (`alone`), and who does more is counted in a shared bucket, from which an instance draws some tokens at once. What was
 * let through before is then taken from the bucket too. `docs/decisions` says what exactly this guarantees.
 */
export class SharedRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  readonly #buckets: Pick<RateBuckets, 'draw'>;
  readonly #limits: Record<RateLimitKind, SharedLimit>;
  /** No instance lets through more than the limit, whatever it has drawn. */
  readonly #own: TokenBucketRateLimiter;
  readonly #shares: RecentlyUsed<Share>;
  readonly #drawMs: number;
  #silentUntil = 0;

  constructor(
    clock: Clock,
    buckets: Pick<RateBuckets, 'draw'>,
    limits: Record<RateLimitKind, SharedLimit>,
    { maxKeys = 100_000, drawMs = 500 }: Options = {},
  ) {
    this.#clock = clock;
    this.#buckets = buckets;
    this.#limits = limits;
    this.#own = new TokenBucketRateLimiter(clock, limits, maxKeys);
    this.#shares = new RecentlyUsed(maxKeys);
    this.#drawMs = drawMs;
  }

  async take(kind: RateLimitKind, key: string, count = 1): Promise<void> {
    const limit = this.#limits[kind];
    await this.#own.take(kind, key, count);
    try {
      await this.#takeShared(`${kind}|${key}`, limit, count);
    } catch (error) {
      this.#own.giveBack(kind, key, count);
      throw error;
    }
  }

  async #takeShared(name: string, limit: SharedLimit, count: number): Promise<void> {
    const share = this.#shareOf(name, limit);
    while (!share.take(count, this.#now())) {
      const emptySeconds = share.emptyFor(this.#now());
      if (emptySeconds > 0) throw rateLimited(emptySeconds);
      if (limit.alone && this.#now() < this.#silentUntil) return;
      share.waiting += count;
      try {
        if (share.drawing) await share.drawing;
        else await this.#drawFor(name, share, limit, count);
      } finally {
        share.waiting -= count;
      }
    }
  }

  /** Draws what one taker needs, and more for others. @throws ChatError `rate-limited` for this one; `unavailable` */
  async #drawFor(name: string, share: Share, limit: SharedLimit, count: number): Promise<void> {
    let seconds = 0;
    share.drawing = this.#draw(name, share, limit, count).then((short) => {
      seconds = short;
    });
    try {
      await share.drawing;
    } finally {
      share.drawing = undefined;
    }
    if (seconds > 0) throw rateLimited(seconds);
  }

  /** @returns seconds until there is what the taker needs; 0 when there is, or nobody answers */
  async #draw(name: string, share: Share, limit: SharedLimit, count: number): Promise<number> {
    const now = this.#clock.now();
    const [held, owed] = [share.heldAt(now.getTime()), share.unrecordedAt(now.getTime())];
    const least = count - held;
    const many = Math.max(share.waiting - held, limit.alone ? Math.ceil(limit.burst * chunk) : 1);
    const wanted = { owed, least, most: Math.max(least, many) };
    try {
      const draw = this.#buckets.draw(name, limit, wanted, now);
      const drawn = await (limit.alone ? withinMs(this.#drawMs, draw) : draw);
      share.drew(drawn, owed, least, this.#now(), fillMsOf(limit));
      return drawn.tokens > 0 ? 0 : drawn.seconds;
    } catch (error) {
      const isUnavailable = error instanceof ChatError && error.code === 'unavailable';
      if (!limit.alone || !isUnavailable) throw error;
      this.#silentUntil = this.#now() + silenceMs;
      return 0;
    }
  }

  #shareOf(name: string, limit: SharedLimit): Share {
    const known = this.#shares.get(name);
    if (known) return known;
    const share = new Share(limit.alone);
    this.#shares.set(name, share);
    return share;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
