/** For how many minutes a connection counts as there before the service is asked whether it still is. */
export const leaseMinutes = 30;

/** After how many minutes the service is asked again about a connection that it did not know: it may be recovering. */
export const secondLookMinutes = 2;

/** For how many minutes it is remembered that a connection of which nothing else was known has ended. */
export const endMarkMinutes = 10;

/** Seconds after somebody's last device went until the others are told: a page that is loaded again is back by then. */
export const graceSeconds = 5;

/** Whether a user is there, as others may know it. */
export interface PresenceState {
  online: boolean;
  /** When the last device went; null while one is there, and for who never was. */
  lastSeenAt: string | null;
}

/** All that is known of a user's presence. */
export interface Standing extends PresenceState {
  /** The ids of the user's connections, oldest first. */
  connections: string[];
  /** Whether the others were last told that the user is online. */
  isToldOnline: boolean;
}

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
