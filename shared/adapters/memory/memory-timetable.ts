import type { Timetable } from '../../ports/timetable.ts';

/** What is due, as long as the process lives: for tests and simulations. */
export class MemoryTimetable<T extends { at: string }> implements Timetable<T> {
  readonly #noted = new Map<string, T>();
  readonly #keyOf: (entry: T) => string;

  /** @param keyOf tells an entry from all others */
  constructor(keyOf: (entry: T) => string) {
    this.#keyOf = keyOf;
  }

  note(entry: T): Promise<void> {
    this.#noted.set(this.#keyOf(entry), entry);
    return Promise.resolve();
  }

  async *due(before: Date): AsyncGenerator<T[]> {
    const due = [...this.#noted.values()].filter(({ at }) => at < before.toISOString());
    if (due.length > 0) yield await Promise.resolve(due);
  }

  done(entries: readonly T[]): Promise<void> {
    for (const entry of entries) this.#noted.delete(this.#keyOf(entry));
    return Promise.resolve();
  }
}
