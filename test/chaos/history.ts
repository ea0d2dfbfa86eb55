import type { Asked, ReadChange, Refusal, Rendering, Stay } from './change-history.ts';

/** What clients did and saw, for the checker. All times are milliseconds since 1970, to be found again in the logs. */

/** One message that a client wants to send, however often it tries. */
export interface Sent {
  conversationId: string;
  senderId: string;
  /** Everybody in the conversation but the sender. */
  receiverIds: readonly string[];
  clientMessageId: string;
  text: string;
  /** Its place among the sends of one sender in one conversation, each of which waited for the 202 of the one before. */
  nth: number;
  /** Whether the one before it had its 202. */
  isAwaited: boolean;
  begunAt: number;
  /** How each try ended. */
  tries: { at: number; outcome: string }[];
  /** Every 202; there may be several, for a client that got none tries again. */
  accepted: { at: number; messageId: string; conversationId: string }[];
}

/** A message as a client was given it. */
export interface Seen {
  conversationId: string;
  seq: number;
  messageId: string;
  senderId: string;
  clientMessageId: string;
  text: string | null;
}

/** A message that reached a user. */
export interface Shown extends Seen {
  userId: string;
  by: 'live' | 'inbox' | 'history';
  /** When it came; of what was read, when reading began. */
  at: number;
  /** When it was there; of what was read, when reading ended. */
  arrivedAt: number;
}

/** A message that its sender took back. */
export interface Deleted {
  conversationId: string;
  messageId: string;
  begunAt: number;
  /** When the answer came; undefined while there is none. */
  confirmedAt: number | undefined;
}

/** A place up to which a user has read, as the app has confirmed. */
export interface Read {
  userId: string;
  conversationId: string;
  upToSeq: number;
  confirmedAt: number;
}

/** Something of a conversation that a user was told live. */
export interface Heard {
  userId: string;
  conversationId: string;
  event: string;
  at: number;
}

/** A message whose acknowledgement was confirmed to the client that sent it. */
export interface Acknowledged {
  userId: string;
  by: 'receipt' | 'inbox';
  messageId: string;
  confirmedAt: number;
}

/** One reading of a whole inbox, all its pages. */
export interface InboxReading {
  userId: string;
  begunAt: number;
  items: { inboxId: string; message: Seen }[];
}

/** A message as the history has it. */
export interface KeptMessage extends Seen {
  /** The history says that it has reached its receiver. */
  isDelivered: boolean;
  isDeleted: boolean;
  isPinned: boolean;
  /** Emoji and user. */
  reactions: string[];
  /** What the system notes by it: of members, who came or went. */
  note: { event: string; userIds: readonly string[] } | null;
}

/** A conversation as one of its members reads it when everything has come to rest. */
export interface FinalHistory {
  conversationId: string;
  userId: string;
  headSeq: number;
  headRev: number;
  messages: KeptMessage[];
  changes: ReadChange[];
  memberIds: string[];
  /** How far this member is, as the conversation itself says. */
  standing: { unreadCount: number; readSeq: number; deliveredSeq: number };
}

/** Something that went wrong, and how long: from its beginning until all services served again. */
export interface FaultPeriod {
  name: string;
  at: number;
  endedAt: number;
}

/** Something in the queue that can never be worked off. */
export interface Poison {
  conversationId: string;
  at: number;
  /** By what it is known. */
  mark: string;
}

/** Everything that the promises can be checked by. */
export interface History {
  sent: Sent[];
  shown: Shown[];
  acknowledged: Acknowledged[];
  inboxReadings: InboxReading[];
  finalHistories: FinalHistory[];
  deleted: Deleted[];
  reads: Read[];
  heard: Heard[];
  faults: FaultPeriod[];
  asked: Asked[];
  refusals: Refusal[];
  stays: Stay[];
  /** What guests read who are in a group in the end. */
  guestReadings: FinalHistory[];
  renderings: Rendering[];
  poisons: Poison[];
  /** What was put aside, as text. */
  parked: string[];
  /** Groups of which newcomers do not see what was before them. */
  withoutPast: Set<string>;
  /** Who is in which conversation from its beginning to its end. */
  members: Map<string, ReadonlySet<string>>;
}

export const emptyHistory = (): History => ({
  sent: [],
  shown: [],
  acknowledged: [],
  inboxReadings: [],
  finalHistories: [],
  deleted: [],
  reads: [],
  heard: [],
  faults: [],
  asked: [],
  refusals: [],
  stays: [],
  guestReadings: [],
  renderings: [],
  poisons: [],
  parked: [],
  withoutPast: new Set(),
  members: new Map(),
});
