/** What clients changed, and who came and went, for the checker. All times are milliseconds since 1970. */

/** What tells changes apart that can happen but once, or one after the other. */
export interface Traced {
  type: string;
  messageId?: string;
  emoji?: string;
  userId?: string;
  userIds?: readonly string[];
}

/** A change in a word: the same of one that was asked for and of the one that the log of changes has of it. */
export const traceOf = ({ type, messageId, emoji, userId, userIds = [] }: Traced): string =>
  [type, messageId, emoji, userId, ...userIds].filter((part) => part !== undefined).join(' ');

/** A change as a member reads it. */
export type ReadChange = Traced & { rev: number };

/** One change that a client wants, however often it asks, always under the same key. */
export interface Asked {
  conversationId: string;
  userId: string;
  wanted: Traced;
  /** The text that an edit gives a message. */
  text: string | undefined;
  begunAt: number;
  /** How each try ended. */
  tries: { at: number; outcome: string }[];
  /** The 202. */
  accepted: { at: number; changeId: string } | undefined;
}

/** What the app said it would not do, though it had accepted it. */
export interface Refusal {
  userId: string;
  conversationId: string;
  /** Of a message. */
  clientMessageId: string | undefined;
  /** Of a change. */
  changeId: string | undefined;
  code: string;
  at: number;
}

/** A time for which a guest is in a group. */
export interface Stay {
  conversationId: string;
  userId: string;
  /** When the adding was begun. */
  begunAt: number;
  /** When the guest was first let in. */
  inAt: number | undefined;
  /** When the removing, or leaving, was begun. */
  endingAt: number | undefined;
  /** When the guest was first kept out. */
  goneAt: number | undefined;
}

/** A conversation as a device shows it that has followed it, beside what a device shows that has just read all of it. */
export interface Rendering {
  userId: string;
  conversationId: string;
  followed: string[];
  read: string[];
}
