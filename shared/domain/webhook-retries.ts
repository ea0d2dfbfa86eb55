/** Waits between the tries of an event, in ms; the last one again and again. */
const waits = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 60 * 60_000];

/**
 * When an event is tried again.
 * @param tries failures in a row so far
 * @param random 0 ≤ x < 1: an endpoint that was away must not be met by everybody in the same second
 */
export const retryWaitMs = (tries: number, random: number): number =>
  (waits[Math.min(Math.max(tries, 1), waits.length) - 1] ?? 0) * (0.8 + 0.4 * random);
