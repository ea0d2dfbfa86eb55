import type { NameEntry, UserNames } from '../../ports/user-names.ts';

const placeOf = ({ key, userId }: NameEntry): string => `${Buffer.from(key).toString('hex')}-${userId}`;

/** Names that live as long as the process: for tests and simulations. */
export class MemoryUserNames implements UserNames {
  readonly #entries = new Map<string, NameEntry>();

  put(userId: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#entries.set(placeOf({ key, userId }), { key, userId });
    return Promise.resolve();
  }

  remove(userId: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#entries.delete(placeOf({ key, userId }));
    return Promise.resolve();
  }

  find(prefix: string, limit: number, after: NameEntry | undefined): Promise<NameEntry[]> {
    const behind = after === undefined ? '' : placeOf(after);
    const found = [...this.#entries]
      .filter(([place, { key }]) => key.startsWith(prefix) && place > behind)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Promise.resolve(found.slice(0, limit).map(([, entry]) => entry));
  }
}
