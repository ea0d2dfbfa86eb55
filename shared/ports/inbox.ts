import type { LoggedMessage } from '../domain/message.ts';
import type { Rejection } from '../domain/rejection.ts';

/** Something kept; `inboxId` names the row within its user's inbox. */
export type InboxItem = KeptMessage | { inboxId: string; rejected: Rejection };

export interface KeptMessage {
  inboxId: string;
  message: LoggedMessage;
  /** The head's rev when the message was kept: as long as it stays that, the message is as it was. */
  headRev: number;
}

/** What is kept for users until they have it, oldest first: messages that came while they were offline, and refusals. */
export interface Inbox {
  /**
   * Keeps messages of a conversation for a user; keeping one twice keeps it once.
   * @param headRev of the conversation when the messages were read; without it they are looked up again when shown
   */
  keep(userId: string, messages: readonly LoggedMessage[], headRev?: number): Promise<void>;

  /**
   * Keeps a refusal for who sent what was refused; keeping one twice keeps it once.
   * @param acceptedAt when it was accepted: its place in the inbox
   * @returns its inboxId
   */
  keepRejection(userId: string, rejected: Rejection, acceptedAt: string): Promise<string>;

  /** @param after the inboxId to go on behind */
  list(userId: string, limit: number, after: string | undefined): Promise<InboxItem[]>;

  /** The rows of these ids that are there; ids that name none are left out. */
  find(userId: string, inboxIds: readonly string[]): Promise<InboxItem[]>;

  /** Removes exactly the rows named; what is gone already stays gone. */
  remove(userId: string, inboxIds: readonly string[]): Promise<void>;

  /** Removes what is kept of these messages of a conversation. */
  forget(userId: string, messages: readonly LoggedMessage[]): Promise<void>;
}
