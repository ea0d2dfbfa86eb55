/** For how many minutes a connection counts as there before the service is asked whether it still is. */
export const leaseMinutes = 30;

/** After how many minutes the service is asked again about a connection that it did not know: it may be recovering. */
export const secondLookMinutes = 2;

/** For how many minutes it is remembered that a connection of which nothing else was known has ended. */
export const endMarkMinutes = 10;

/** What is known about a connection until it is time to look again. */
export interface Lease {
  userId: string;
  connectionId: string;
  /** When to look again, a whole minute. */
  dueAt: Date;
  /** It stands for no connection, but remembers that one ended. */
  isEndMark: boolean;
  /** The service was asked already, and did not know the connection. */
  isMissing: boolean;
}

const minuteMs = 60_000;

/** The whole minute that a time is in, or one some minutes later. */
export const minuteOf = (at: Date, later = 0): Date =>
  new Date((Math.floor(at.getTime() / minuteMs) + later) * minuteMs);

/**
 * When to look after a connection next: whole leases after it began, or after any earlier look. Whoever computes it gets
 * the same, so that doing it twice does no harm.
 */
export const nextLook = (from: Date, now: Date): Date => {
  const leaseMs = leaseMinutes * minuteMs;
  const start = minuteOf(from).getTime();
  const leases = Math.max(1, Math.floor((now.getTime() - start) / leaseMs) + 1);
  return new Date(start + leases * leaseMs);
};
