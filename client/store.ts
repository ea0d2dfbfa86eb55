/**
 * Where messages wait that were not sent yet. Browsers keep them in IndexedDB, so that they outlive a reload; Node in memory.
 * Give your own to keep them elsewhere: any place for texts under keys will do.
 */
export interface Store {
  /** All whose key begins so, in the order of their keys. */
  list(prefix: string): Promise<{ key: string; value: string }[]>;
  set(key: string, value: string): Promise<void>;
  /** What is not there is no error. */
  delete(key: string): Promise<void>;
}

/** Keeps nothing longer than the process lives. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();

  list(prefix: string): Promise<{ key: string; value: string }[]> {
    const found = [...this.#values]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Promise.resolve(found.map(([key, value]) => ({ key, value })));
  }

  set(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#values.delete(key);
    return Promise.resolve();
  }
}
