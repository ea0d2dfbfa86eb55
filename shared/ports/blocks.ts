/** A user whom another has blocked. */
export interface Block {
  userId: string;
  blockedAt: string;
}

/** Who wants to hear nothing from whom. */
export interface Blocks {
  /** Repeating it changes nothing. @throws ChatError `unavailable` */
  block(userId: string, blockedId: string, now: Date): Promise<void>;

  /** What is not blocked stays so. @throws ChatError `unavailable` */
  unblock(userId: string, blockedId: string): Promise<void>;

  /** Whom a user has blocked, in an order that stays the same. @param after the userId to go on behind */
  blockedBy(userId: string, limit: number, after: string | undefined): Promise<Block[]>;

  /** Who of the two users of a direct conversation has blocked the other; may be two seconds old. */
  blockersIn(conversationId: string): Promise<readonly string[]>;

  /** From now on a user counts as one who has blocked the other in a direct conversation, but lists nobody. */
  close(conversationId: string, userId: string): Promise<void>;
}
