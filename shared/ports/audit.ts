import type { AuditEntry, AuditPlace, AuditRecord } from '../domain/audit.ts';

/** Which entries, newest first. */
export interface AuditRange {
  /** The oldest and the newest time that count. */
  from: Date;
  to: Date;
  /** Only those about this user. */
  userId?: string | undefined;
  /** Only those behind this place. */
  after?: AuditPlace | undefined;
  limit: number;
}

/** What was done, for operators to look up. Entries are added, and never changed; whole days go when they are too old. */
export interface Audit {
  /**
   * Resolves once the entry is kept durably. Whoever records waits for it before the action is acknowledged, and before
   * it is done where nothing would do it again: an entry may tell of what then failed, but nothing is done without one.
   * @param key names the entry among those of its action: recorded again under it, with the same `at`, it is there once
   * @throws ChatError `unavailable`
   */
  record(entry: AuditEntry, key: string): Promise<void>;

  /** @throws ChatError `unavailable` */
  list(range: AuditRange): Promise<AuditRecord[]>;

  /**
   * Takes away entries of whole days (UTC) before the day of a time, some at a time: ask again until there are none. Safe to
   * repeat. @returns how many @throws ChatError `unavailable`
   */
  forgetBefore(time: Date): Promise<number>;
}
