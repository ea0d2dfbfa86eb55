/** How much of something is let through. */
export interface Rate {
  /** Tokens that come back in a second, more than 0; may be a fraction. */
  perSecond: number;
  /** Tokens of a full bucket, at least 1: how many may be taken at once. */
  burst: number;
}

export interface Bucket {
  /** Below 0 is a debt, which has to come back before there is a token again. */
  tokens: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Thousand small steps add up to a little less than the whole; a millionth is forgiven. */
const forgiven = 1e-6;

/** What is in a bucket by now; one that nobody has taken from is full. A clock that was set back takes nothing away. */
export const refilled = (bucket: Bucket | undefined, { perSecond, burst }: Rate, now: number): number =>
  bucket ? Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond) : burst;

/**
 * Seconds until as many tokens are there; 0 when they are. Of more than a burst, a full bucket is enough: what is taken
 * beyond it is a debt, so that no request is too large to succeed ever, and none is cheaper for being large.
 */
export const secondsUntil = (count: number, tokens: number, { perSecond, burst }: Rate): number => {
  const missing = Math.min(count, burst) - tokens;
  return missing > forgiven ? missing / perSecond : 0;
};

/** Milliseconds in which an empty bucket fills up. */
export const fillMsOf = ({ perSecond, burst }: Rate): number => (burst / perSecond) * 1000;
