import type { LoggedMessage } from '../domain/message.ts';

export interface InboxItem {
  /** Names the row within its user's inbox. */
  inboxId: string;
  message: LoggedMessage;
}

/** Messages kept for users who were offline, oldest first. */
export interface Inbox {
  /** Keeps messages for a user; keeping one twice keeps it once. */
  keep(userId: string, messages: readonly LoggedMessage[]): Promise<void>;

  /** @param after the inboxId to go on behind */
  list(userId: string, limit: number, after: string | undefined): Promise<InboxItem[]>;

  /** The rows of these ids that are there; ids that name none are left out. */
  find(userId: string, inboxIds: readonly string[]): Promise<InboxItem[]>;

  /** Removes exactly the rows named; what is gone already stays gone. */
  remove(userId: string, inboxIds: readonly string[]): Promise<void>;
}
