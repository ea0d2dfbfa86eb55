import type {
  AcceptedChange,
  ChangeAction,
  Decision,
  ErasureAction,
  Ground,
  LoggedChange,
  Version,
} from '../domain/change.ts';
import type { Head } from '../domain/conversation.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { SeqRange } from './conversation-log.ts';

/** What became of a change. */
export interface Changed {
  head: Head;
  /** Null: there was nothing to change. */
  change: LoggedChange | null;
  /** The message that it was about, as it now is. */
  message: LoggedMessage | undefined;
  /** The message that notes it in the log. */
  note: LoggedMessage | undefined;
  /** False when the change was in the log already: the queue delivers at least once. */
  isNew: boolean;
}

/** A reaction of one user. */
export interface OwnReaction {
  seq: number;
  emoji: string;
}

/** What changed in a conversation after its messages came: part of the same log, numbered by `rev`. */
export interface ChangeLog {
  /** What a change of this kind rests on; undefined: no such conversation. @throws ChatError `unavailable` */
  ground(
    conversationId: string,
    userId: string,
    action: ChangeAction | ErasureAction,
  ): Promise<Ground | undefined>;

  /**
   * Makes a change and gives it its place, or finds the place it has. Safe to repeat, and under concurrent writers.
   * @param decide what to write, given what stands; called again when another writer came first; null: nothing
   * @throws ChatError `not-a-member` when there is no such conversation; `unavailable`; and what `decide` throws
   */
  apply(
    change: AcceptedChange<ChangeAction | ErasureAction>,
    decide: (ground: Ground) => Decision | null,
    now: Date,
  ): Promise<Changed>;

  /** The changes after `rev` in ascending order, at most `limit`. */
  changes(conversationId: string, after: number, limit: number): Promise<LoggedChange[]>;

  /**
   * Takes the content of messages away for good: text, what a tombstone hides, earlier versions, reactions. Their places
   * stay, as tombstones, and so do the changes. It takes no `rev`: clients know when a message expires. Safe to repeat.
   * @param seqs at most 40
   * @param isOver whether a message is to go; called again when another writer came first
   * @returns those that are gone, also those that were so already
   * @throws ChatError `unavailable`
   */
  purge(
    conversationId: string,
    seqs: readonly number[],
    isOver: (message: LoggedMessage) => boolean,
  ): Promise<LoggedMessage[]>;

  /** The texts that a message had before, oldest first. */
  versions(conversationId: string, seq: number): Promise<Version[]>;

  /** Forgets the texts that a message had before. @throws ChatError `unavailable` */
  forgetVersions(conversationId: string, seq: number): Promise<void>;

  /** A user's reactions to the messages of a range, also to deleted ones. @throws ChatError `unavailable` */
  reactionsBy(conversationId: string, userId: string, range: SeqRange): Promise<OwnReaction[]>;
}
