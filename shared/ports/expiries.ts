/** A message whose content is to be taken away for good. */
export interface Expiry {
  conversationId: string;
  seq: number;
  /** When that is due; ISO 8601. */
  at: string;
}

/** Which messages have to be looked at when, so that what is due is found without reading what is not. */
export interface Expiries {
  /** Notes when a message is due; noting it again changes nothing. @throws ChatError `unavailable` */
  note(expiry: Expiry): Promise<void>;

  /** What was due before a time, in pages of at most 1,000. @throws ChatError `unavailable` */
  due(before: Date): AsyncIterable<Expiry[]>;

  /** Forgets what was looked at; what is gone already stays gone. @throws ChatError `unavailable` */
  done(expiries: readonly Expiry[]): Promise<void>;
}
