import { refilled, secondsUntil, type Bucket, type Rate } from '../domain/token-bucket.ts';
import type { Draw, Drawn } from '../ports/rate-buckets.ts';

/** Draws from a bucket. @returns what was drawn, and the bucket after it; undefined: as it was */
export const drawFrom = (
  bucket: Bucket | undefined,
  rate: Rate,
  { owed, least, most }: Draw,
  now: number,
): Drawn & { after: Bucket | undefined } => {
  // Time goes on by the clock that is ahead. Were a bucket set back by another, the time between would count twice.
  const at = Math.max(now, bucket?.at ?? now);
  const tokens = refilled(bucket, rate, at) - owed;
  const seconds = secondsUntil(least, tokens, rate);
  if (seconds > 0)
    return {
      tokens: 0,
      seconds: seconds + (at - now) / 1000,
      after: owed > 0 ? { tokens: Math.max(tokens, -rate.burst), at } : undefined,
    };
  const drawn = Math.max(least, Math.min(most, Math.floor(tokens)));
  return { tokens: drawn, seconds: 0, after: { tokens: tokens - drawn, at } };
};
