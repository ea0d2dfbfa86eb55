import type { HeadRow } from './conversation-rows.ts';

/** A head as this instance last saw it. */
export interface CachedHead {
  row: HeadRow;
  etag: string;
}

/** Heads by conversation, the least recently used forgotten first. Wrong ones cost a retry, never an order. */
export class HeadCache {
  readonly #heads = new Map<string, CachedHead>();
  readonly #capacity: number;

  constructor(capacity = 20_000) {
    this.#capacity = capacity;
  }

  get(conversationId: string): CachedHead | undefined {
    const head = this.#heads.get(conversationId);
    if (head) this.set(conversationId, head);
    return head;
  }

  set(conversationId: string, head: CachedHead): void {
    this.#heads.delete(conversationId);
    this.#heads.set(conversationId, head);
    if (this.#heads.size > this.#capacity) this.#forgetOldest();
  }

  delete(conversationId: string): void {
    this.#heads.delete(conversationId);
  }

  #forgetOldest(): void {
    for (const oldest of this.#heads.keys()) {
      this.#heads.delete(oldest);
      return;
    }
  }
}
