import type { DeadLetter, DeadLetterPlace, DeadLetterSource } from '../domain/dead-letter.ts';

/** What was not worked off, for operators to look at, send again or throw away. */
export interface DeadLetters {
  /**
   * Oldest first. Nothing is locked or counted by looking.
   * @param after only those behind this number
   * @throws ChatError `unavailable`
   */
  list(source: DeadLetterSource, after: bigint | undefined, limit: number): Promise<DeadLetter[]>;

  /** With its content, as it was sent; undefined if it is not there (any more). @throws ChatError `unavailable` */
  find(place: DeadLetterPlace): Promise<{ letter: DeadLetter; content: unknown } | undefined>;

  /**
   * Sends it again to where it came from, with its session, content and trace, and takes it away once that is durable. It
   * gets an id of its own, which the queue has not seen, and the same one if it is asked for again.
   * @returns whether it was there
   * @throws ChatError `cannot-redrive`, `unavailable`: it may have been done all the same, and doing it again is harmless
   */
  redrive(place: DeadLetterPlace): Promise<boolean>;

  /** Takes it away for good. @returns whether it was there @throws ChatError `unavailable` */
  discard(place: DeadLetterPlace): Promise<boolean>;
}
