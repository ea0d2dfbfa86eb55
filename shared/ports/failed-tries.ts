import type { Failures } from '../domain/back-off.ts';

/** Failures as they were looked at. */
export interface Tries extends Failures {
  /** Says whether they are still the same; for the adapter only. */
  version?: string | undefined;
}

/** What was tried in vain, counted for all instances of the app. Keys are of any text, and are not kept in the clear. */
export interface FailedTries {
  /** None (0) where nothing failed lately. @throws ChatError `unavailable` */
  find(key: string, now: Date): Promise<Tries>;

  /**
   * Counts one more, if nobody has since they were looked at.
   * @returns false when somebody has: nothing is counted then
   * @throws ChatError `unavailable`, after which it may be counted all the same
   */
  add(key: string, found: Tries, now: Date): Promise<boolean>;

  /** Forgets them. Safe to repeat. @throws ChatError `unavailable` */
  forget(key: string): Promise<void>;
}
