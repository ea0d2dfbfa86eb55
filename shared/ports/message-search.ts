import type { Head } from '../domain/conversation.ts';
import type { Wanted } from '../domain/search.ts';

/** A piece of a conversation that was searched, from the place where the search began downwards. */
export interface Stretch {
  /** The lowest place that was looked at. What lies above it and is wanted, is among `seqs`. */
  from: number;
  /**
   * Where wanted messages may be, descending. The log decides: a message may have changed since, and an index may take
   * too many for wanted, but none too few.
   */
  seqs: number[];
  /** When the message at `from` got its place; undefined when that is not known. */
  at: string | undefined;
  /** What it took, measured in rows that had to be read or written whole: 1 for an index that was ready. */
  cost: number;
}

/** Finds words in conversations. Knows nothing that the log does not know, and may forget everything at any time. */
export interface MessageSearch {
  /**
   * Searches a conversation from a place downwards, as far as one look goes.
   * @param conversation with the head that was read last
   * @param upTo from 1 to the head
   * @throws ChatError `unavailable`
   */
  find(
    conversation: Pick<Head, 'conversationId' | 'headSeq'>,
    upTo: number,
    wanted: Wanted,
  ): Promise<Stretch>;

  /**
   * Forgets what it knows of messages, so that nothing of their texts remains and they are found by their new ones. Called
   * after each change to a message that is in the log, when that change is durable, and again when it is repeated; and
   * when what has expired is taken away.
   * @throws ChatError `unavailable`
   */
  forget(conversationId: string, ...seqs: number[]): Promise<void>;
}
