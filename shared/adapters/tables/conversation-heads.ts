import { headKey, type HeadRow } from './conversation-rows.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { findRow, type Tables } from './tables.ts';

/** A head as this instance last saw it. A wrong one costs a retry, never an order. */
export interface KnownHead {
  row: HeadRow;
  etag: string;
}

/** The heads of the conversations, read and remembered: whoever writes the log rests on one and its ETag. */
export class ConversationHeads {
  readonly #table: Tables['conversations'];
  readonly #known = new RecentlyUsed<KnownHead>(20_000);

  constructor({ conversations }: Pick<Tables, 'conversations'>) {
    this.#table = conversations;
  }

  /** As it is. @throws ChatError `unavailable` */
  async read(conversationId: string): Promise<KnownHead | undefined> {
    const row = await findRow<HeadRow>(this.#table, conversationId, headKey);
    if (!row) return undefined;
    const head = { row, etag: row.etag };
    this.#known.set(conversationId, head);
    return head;
  }

  /** As it was when this instance last saw it. */
  get(conversationId: string): KnownHead | undefined {
    return this.#known.get(conversationId);
  }

  /** What a transaction has left of it. @param etag undefined: not told */
  set(conversationId: string, row: HeadRow, etag: string | undefined): void {
    if (etag === undefined) this.forget(conversationId);
    else this.#known.set(conversationId, { row, etag });
  }

  /** After a failure it is unknown what was written. */
  forget(conversationId: string): void {
    this.#known.delete(conversationId);
  }
}
