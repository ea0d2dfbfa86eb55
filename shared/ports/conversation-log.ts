import type { Head, Listing, Member, NewConversation } from '../domain/conversation.ts';
import type { AcceptedMessage, LoggedMessage } from '../domain/message.ts';

export interface Appended {
  message: LoggedMessage;
  head: Head;
  /** False when the message was in the log already: the queue delivers at least once. */
  isNew: boolean;
}

/** An inclusive range of places. */
export interface SeqRange {
  from: number;
  to: number;
}

/** When a member's watermark moved to `upToSeq`. */
export interface WatermarkMove {
  upToSeq: number;
  at: string;
}

/** Ascending moves of both of a member's watermarks. */
export interface WatermarkMoves {
  delivered: WatermarkMove[];
  read: WatermarkMove[];
}

export interface Watermarks {
  deliveredSeq?: number;
  readSeq?: number;
}

/** A member and the conversation's head. */
export interface ReceiptGround {
  member: Member;
  head: Head;
}

/** The only truth about a conversation: its messages in order, its members, its watermarks. */
export interface ConversationLog {
  /**
   * Gives a message its place, or finds the place it has. Creates a direct conversation with its first message.
   * Safe to repeat, and under concurrent writers: `seq` gets neither a hole nor a repeat.
   * @throws ChatError `not-found` when there is no such conversation; `not-a-member` when the sender has left it;
   * `unavailable`
   */
  append(message: AcceptedMessage, now: Date): Promise<Appended>;

  /**
   * Creates a conversation with all its members, or finds the one that has its id.
   * @throws ChatError `unavailable`
   */
  create(conversation: NewConversation, now: Date): Promise<{ head: Head; isNew: boolean }>;

  head(conversationId: string): Promise<Head | undefined>;

  /**
   * The place of one who is a member; of one who has left there is none.
   * @param freshness `cached` may be a second or two old. Default: `now`
   */
  member(conversationId: string, userId: string, freshness?: 'now' | 'cached'): Promise<Member | undefined>;

  /**
   * Where a member stands in a conversation, perhaps as it was some time ago: for a change of it that follows, which rests
   * on what is true then. The head has at least this place, if the conversation has.
   */
  receiptGround(conversationId: string, userId: string, upToSeq: number): Promise<ReceiptGround | undefined>;

  /** Those who are members. */
  members(conversationId: string): Promise<Member[]>;

  /** Who is in a conversation whose head is this one. Costs a read only when memberships have changed. */
  memberIds(head: Head): Promise<string[]>;

  /** The messages of a range in ascending order. */
  read(conversationId: string, range: SeqRange): Promise<LoggedMessage[]>;

  /**
   * The places of a user's own messages, among those where the user acknowledged nothing.
   * @param gaps from the first such place to one that is no later than the head
   */
  ownSeqs(conversationId: string, userId: string, gaps: SeqRange): Promise<number[]>;

  /** The message of an id. */
  find(conversationId: string, messageId: string): Promise<LoggedMessage | undefined>;

  /** The moves of a member's watermarks that cover a range: of each, the first at or after each of its places. */
  moves(conversationId: string, member: Member, range: SeqRange): Promise<WatermarkMoves>;

  /**
   * Raises a member's watermarks; lower values change nothing, higher than the head count as the head, read implies
   * delivered. Resolves to the member as it now is, to what rose, and to the head that it was measured by.
   * @throws ChatError `not-a-member`
   */
  raise(
    conversationId: string,
    userId: string,
    to: Watermarks,
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks; head: Head }>;

  /**
   * Records single messages as delivered to a member. The watermark rises only as far as nothing is missing below it.
   * @throws ChatError `not-a-member`
   */
  acknowledge(
    conversationId: string,
    userId: string,
    seqs: readonly number[],
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks }>;

  /** Notes that everything up to a place is either delivered to a member or in the inbox. Never falls. */
  noteChecked(conversationId: string, userId: string, seq: number): Promise<void>;

  /** The ids of the conversations a user is in. */
  conversationsOf(userId: string): Promise<string[]>;

  /** The conversations a user is in, with what the user has set for each. */
  listingsOf(userId: string): Promise<Listing[]>;

  /** A conversation that a user is in, or else was in; undefined when there is none that was not forgotten. */
  anyOf(userId: string): Promise<string | undefined>;

  /** Forgets that a user was in a conversation, and when its watermarks moved. Not for who is in it. */
  forgetMember(conversationId: string, userId: string): Promise<void>;

  /** What a user has set for one conversation. */
  listing(conversationId: string, userId: string): Promise<Listing>;

  /** Puts a conversation out of a user's sight, or (null) back into it. */
  archive(conversationId: string, userId: string, archivedAt: Date | null): Promise<void>;

  /** Mutes a conversation for a user until a time, or (null) no longer. */
  mute(conversationId: string, userId: string, mutedUntil: string | null): Promise<void>;

  /** How many messages of a range are not this user's own, and still there. */
  countOfOthers(conversationId: string, userId: string, range: SeqRange, now: Date): Promise<number>;
}
