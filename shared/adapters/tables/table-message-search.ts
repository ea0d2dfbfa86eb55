import type { Head } from '../../domain/conversation.ts';
import type { Wanted } from '../../domain/search.ts';
import type { ConversationLog, SeqRange } from '../../ports/conversation-log.ts';
import type { MessageSearch, Stretch } from '../../ports/message-search.ts';
import { inTurns, scanLog } from '../scan-log.ts';
import { entryOf, isFound, lookUp } from './search-index.ts';
import { SearchSegments } from './search-segments.ts';
import type { Tables } from './tables.ts';

/** Places of a segment: one page of rows that Table Storage answers. */
const segmentSize = 1000;

/** What a look costs, by what it finds. */
const costs = { ready: 1, openSegment: 2, newSegment: 4 };

const segmentOf = (seq: number): SeqRange => {
  const before = Math.floor((seq - 1) / segmentSize) * segmentSize;
  return { from: before + 1, to: before + segmentSize };
};

/**
 * An index that is derived from the log where somebody searches: a message that is sent costs nothing. Each segment of a
 * thousand places gets its index at the first search; the newest, which is not complete, is read itself.
 */
export class TableMessageSearch implements MessageSearch {
  readonly #segments: SearchSegments;
  readonly #log: Pick<ConversationLog, 'head' | 'read'>;

  constructor(tables: Pick<Tables, 'searchSegments'>, log: Pick<ConversationLog, 'head' | 'read'>) {
    this.#segments = new SearchSegments(tables.searchSegments);
    this.#log = log;
  }

  async find(
    { conversationId, headSeq }: Pick<Head, 'conversationId' | 'headSeq'>,
    upTo: number,
    wanted: Wanted,
  ): Promise<Stretch> {
    const range = segmentOf(upTo);
    if (range.to > headSeq) {
      const open = { from: range.from, to: upTo };
      return { ...(await scanLog(this.#log, conversationId, open, wanted)), cost: costs.openSegment };
    }
    const segment = await this.#segments.find(conversationId, range, upTo);
    if (!segment) return this.#index(conversationId, range, upTo, wanted);
    const { from, at, text } = segment;
    const seqs = lookUp(text, from, wanted).filter((seq) => seq <= upTo);
    return { from, seqs, at, cost: costs.ready };
  }

  async forget(conversationId: string, ...seqs: number[]): Promise<void> {
    const segments = new Map(seqs.map(segmentOf).map((range) => [range.from, range]));
    await Promise.all([...segments.values()].map((range) => this.#segments.delete(conversationId, range)));
  }

  /**
   * Makes a segment's index, and answers from it. Whoever changes a message deletes the index after that; if it
   * is written later still, from what was read before, the conversation's rev has moved, and it is deleted again. An
   * index whose writer dies in between was never declared sound, and is not used.
   */
  async #index(conversationId: string, range: SeqRange, upTo: number, wanted: Wanted): Promise<Stretch> {
    const before = await this.#log.head(conversationId);
    const messages = await this.#log.read(conversationId, range);
    const entries = await inTurns(messages, entryOf);
    const rows = await this.#segments.write(conversationId, range, entries);
    const after = await this.#log.head(conversationId);
    if (before && before.headRev === after?.headRev) await this.#segments.declareSound(conversationId, rows);
    else await this.#segments.delete(conversationId, range);
    const found = entries.filter((entry) => entry.seq <= upTo && isFound(entry, wanted));
    const seqs = found.map(({ seq }) => seq).reverse();
    return { from: range.from, seqs, at: messages[0]?.createdAt, cost: costs.newSegment };
  }
}
