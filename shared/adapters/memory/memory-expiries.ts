import type { Expiries, Expiry } from '../../ports/expiries.ts';

const keyOf = ({ conversationId, seq, at }: Expiry): string => `${at}|${conversationId}|${seq}`;

/** What is due, as long as the process lives: for tests and simulations. */
export class MemoryExpiries implements Expiries {
  readonly #noted = new Map<string, Expiry>();

  note(expiry: Expiry): Promise<void> {
    this.#noted.set(keyOf(expiry), expiry);
    return Promise.resolve();
  }

  async *due(before: Date): AsyncGenerator<Expiry[]> {
    const due = [...this.#noted.values()].filter(({ at }) => at < before.toISOString());
    if (due.length > 0) yield await Promise.resolve(due);
  }

  done(expiries: readonly Expiry[]): Promise<void> {
    for (const expiry of expiries) this.#noted.delete(keyOf(expiry));
    return Promise.resolve();
  }
}
