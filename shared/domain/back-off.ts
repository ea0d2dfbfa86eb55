/** What was tried in vain, one time after the other. */
export interface Failures {
  count: number;
  /** When the last was; milliseconds since 1970. */
  at: number;
}

/** How long one has to wait who keeps being wrong. */
export interface BackOff {
  /** Failures after which there is no waiting yet: people mistype. */
  free: number;
  /** The first wait; each one after it is twice as long … */
  firstSeconds: number;
  /** … up to this: an owner is kept waiting by others' guesses, never kept out. */
  mostSeconds: number;
}

/** Who has been quiet for so long begins anew. */
export const forgottenAfterMs = 3_600_000;

const waitSeconds = (count: number, { free, firstSeconds, mostSeconds }: BackOff): number =>
  count < free ? 0 : Math.min(mostSeconds, firstSeconds * 2 ** (count - free));

/** Failures as far as they still count. */
export const lately = (failures: Failures, now: number): Failures =>
  now - failures.at > forgottenAfterMs ? { count: 0, at: 0 } : failures;

/** Seconds until the next try is let through; 0: now. A clock that was set back makes nobody wait for longer. */
export const secondsToWait = ({ count, at }: Failures, backOff: BackOff, now: number): number => {
  const wait = waitSeconds(count, backOff);
  return Math.max(0, Math.min(wait, wait - (now - at) / 1000));
};
