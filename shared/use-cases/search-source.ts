import { canSee, type Head, type Member } from '../domain/conversation.ts';
import { shownAt, type LoggedMessage } from '../domain/message.ts';
import { isWanted, type Wanted } from '../domain/search.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { MessageSearch } from '../ports/message-search.ts';
import type { SearchPosition } from './search-cursor.ts';

export interface SearchSourceParts {
  log: Pick<ConversationLog, 'read'>;
  search: Pick<MessageSearch, 'find'>;
  clock: Clock;
}

/** A conversation, and the place in it of who searches. */
export interface OwnConversation {
  head: Head;
  own: Member;
}

/** Messages that are read from the log together, and held against it. */
const batchSize = 10;

/** Places between two messages that cost less to read than another call. */
const gap = 16;

/** Descending places in ascending ranges, each for one read. */
const rangesOf = (seqs: readonly number[]): { from: number; to: number }[] => {
  const ranges: { from: number; to: number }[] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last && last.from - seq <= gap) last.from = seq;
    else ranges.push({ from: seq, to: seq });
  }
  return ranges;
};

/**
 * The messages of one conversation that a search is for, newest first. Each comes from the log and was held against the
 * search there, so that nothing is shown that was deleted, changed or hidden since an index was made.
 */
export class SearchSource {
  readonly #parts: SearchSourceParts;
  readonly #conversation: OwnConversation;
  readonly #wanted: Wanted;
  /** The highest place that was not searched. */
  #upTo: number;
  /** Found, not yet read; descending. */
  #seqs: number[] = [];
  /** Read and right; descending. */
  #messages: LoggedMessage[] = [];
  /** None of `#seqs` is newer than this. */
  #at: string;
  /** Nothing at or below `#upTo` is newer than this. */
  #below: string;

  constructor(parts: SearchSourceParts, conversation: OwnConversation, from: SearchPosition, wanted: Wanted) {
    this.#parts = parts;
    this.#conversation = conversation;
    this.#wanted = wanted;
    this.#upTo = Math.min(from.upTo, conversation.head.headSeq);
    this.#at = this.#below = new Date(from.at).toISOString();
  }

  /** The next message, when it is known. */
  get next(): LoggedMessage | undefined {
    return this.#messages[0];
  }

  /** What is still to come is not newer than this. */
  get at(): string {
    return this.next?.createdAt ?? (this.#seqs.length > 0 ? this.#at : this.#below);
  }

  get isDone(): boolean {
    return this.#messages.length === 0 && this.#seqs.length === 0 && this.#upTo < 1;
  }

  /** Where another search would have to begin to find what this one has not given yet. */
  get position(): SearchPosition {
    const upTo = this.next?.seq ?? this.#seqs[0] ?? this.#upTo;
    return { conversationId: this.#conversation.head.conversationId, upTo, at: Date.parse(this.at) };
  }

  /** Gives the next message. */
  take(): LoggedMessage | undefined {
    const message = this.#messages.shift();
    if (message) this.#at = message.createdAt;
    return message;
  }

  /** Goes on looking, one step of bounded work. Resolves to its cost, in rows read or written whole. */
  async advance(): Promise<number> {
    const found = this.#seqs.length === 0 ? await this.#find() : 0;
    return found + (this.#seqs.length > 0 ? await this.#read() : 0);
  }

  async #find(): Promise<number> {
    const { head, own } = this.#conversation;
    const { from, seqs, at, cost } = await this.#parts.search.find(head, this.#upTo, this.#wanted);
    this.#seqs = seqs.filter((seq) => canSee(own, seq));
    this.#upTo = from - 1;
    this.#at = this.#below;
    this.#below = at ?? this.#below;
    return cost;
  }

  async #read(): Promise<number> {
    const { conversationId } = this.#conversation.head;
    const now = this.#parts.clock.now();
    const batch = this.#seqs.splice(0, batchSize);
    const ranges = rangesOf(batch);
    const read = await Promise.all(ranges.map((range) => this.#parts.log.read(conversationId, range)));
    const messages = new Map(read.flat().map((message) => [message.seq, message]));
    this.#messages = batch
      .map((seq) => messages.get(seq))
      .filter((message) => message !== undefined)
      .map((message) => shownAt(message, now))
      .filter((message) => isWanted(message, this.#wanted));
    return ranges.length;
  }
}
