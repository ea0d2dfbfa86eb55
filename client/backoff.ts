const firstMs = 500;
const longestMs = 30_000;

/**
 * How long to wait before the next try, with full jitter, so that clients that failed together do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); what the service asks for comes on top.
 * @param attempt from 0 @param retryAfterMs at least that long
 */
export const backoffMs = (attempt: number, random: () => number, retryAfterMs = 0): number =>
  retryAfterMs + Math.round(random() * Math.min(longestMs, firstMs * 2 ** attempt));
