import type { Rate } from '../domain/token-bucket.ts';

/** What is wanted of a bucket. */
export interface Draw {
  /** Tokens that were used before anybody asked: they are taken in any case, and may leave a debt. */
  owed: number;
  /** Tokens without which nothing is taken. Of more than a burst, a full bucket is enough. */
  least: number;
  /** Tokens that are welcome, at least `least`. */
  most: number;
}

export interface Drawn {
  /** 0, or from `least` to `most`. */
  tokens: number;
  /** Seconds until there are `least`, when there were not. */
  seconds: number;
}

/** Token buckets that all instances of the app share. */
export interface RateBuckets {
  /**
   * Takes tokens from a bucket. Of draws at the same time each gets tokens of its own. Time comes from the caller, and
   * never runs backwards for a bucket: by how much the clocks of callers differ, nobody gains more than a burst, once.
   * @throws ChatError `unavailable`
   */
  draw(bucket: string, rate: Rate, wanted: Draw, now: Date): Promise<Drawn>;

  /** Forgets some buckets that have long been full. Called now and then; safe to repeat. @returns how many */
  forgetFull(now: Date): Promise<number>;
}
