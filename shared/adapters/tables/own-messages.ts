import type { SeqRange } from '../../ports/conversation-log.ts';
import { messagesIn } from './conversation-rows.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { listRows, type Tables } from './tables.ts';

interface Examined extends SeqRange {
  /** The user's own in the range. */
  seqs: readonly number[];
}

const capacity = 20_000;

/**
 * Which messages of a conversation are a user's own. Who wrote a message never changes, so what lies in a gap of
 * somebody's acknowledgements is looked at once and not again with each acknowledgement above the gap.
 */
export class OwnMessages {
  readonly #table: Tables['conversations'];
  readonly #examined = new RecentlyUsed<Examined>(capacity);

  constructor(table: Tables['conversations']) {
    this.#table = table;
  }

  /** @see ConversationLog.ownSeqs */
  async in(conversationId: string, userId: string, { from, to }: SeqRange): Promise<number[]> {
    if (from > to) return [];
    const key = `${conversationId}|${userId}`;
    const known = this.#knownFrom(key, from);
    const first = Math.max(from, known.to + 1);
    const found = first > to ? [] : await this.#read(conversationId, userId, first, to);
    const seqs = [...known.seqs, ...found].filter((seq) => seq >= from);
    this.#examined.set(key, { from, to: Math.max(known.to, to), seqs });
    return seqs.filter((seq) => seq <= to);
  }

  /** Ranges rise as gaps close; of one that lies lower than the last nothing is known. */
  #knownFrom(key: string, from: number): Examined {
    const known = this.#examined.get(key);
    return known && known.from <= from && from <= known.to + 1 ? known : { from, to: from - 1, seqs: [] };
  }

  async #read(conversationId: string, userId: string, from: number, to: number): Promise<number[]> {
    const filter = messagesIn(conversationId, { from, to });
    const rows = await listRows(this.#table, filter, { select: ['seq', 'senderId'] });
    return rows.filter(({ senderId }) => senderId === userId).map(({ seq }) => Number(seq));
  }
}
