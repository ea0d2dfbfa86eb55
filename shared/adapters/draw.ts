import { refilled, secondsUntil, type Bucket, type Rate } from '../domain/token-bucket.ts';
import type { Draw, Drawn } from '../ports/rate-buckets.ts';

/**
 * By more than this no two clocks differ that are set at all. A bucket that is further ahead was last drawn from by a clock
 * that was wrong: waiting for that time would lock its owner out for as long.
 */
const mostAheadMs = 600_000;

/** Draws from a bucket. @returns what was drawn, and the bucket after it; undefined: as it was */
export const drawFrom = (
  known: Bucket | undefined,
  rate: Rate,
  { owed, least, most }: Draw,
  now: number,
): Drawn & { after: Bucket | undefined } => {
  const isWrong = known !== undefined && known.at - now > mostAheadMs;
  const bucket = isWrong ? { ...known, at: now } : known;
  // Time goes on by the clock that is ahead. Were a bucket set back by another, the time between would count twice.
  const at = Math.max(now, bucket?.at ?? now);
  const tokens = refilled(bucket, rate, at) - owed;
  const seconds = secondsUntil(least, tokens, rate);
  if (seconds > 0)
    return {
      tokens: 0,
      seconds: seconds + (at - now) / 1000,
      // Noted also when nothing is owed: it fills up from now on.
      after: owed > 0 || isWrong ? { tokens: Math.max(tokens, -rate.burst), at } : undefined,
    };
  const drawn = Math.max(least, Math.min(most, Math.floor(tokens)));
  return { tokens: drawn, seconds: 0, after: { tokens: tokens - drawn, at } };
};
