import { MemoryStore, type Store } from './store.ts';

/** What we use of IndexedDB; Node has no types for it. */
interface Request<T> {
  result: T;
  error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface ObjectStore {
  getAll(range: unknown): Request<string[]>;
  getAllKeys(range: unknown): Request<string[]>;
  put(value: string, key: string): Request<unknown>;
  delete(key: string): Request<unknown>;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): { objectStore(name: string): ObjectStore };
}

interface IndexedDb {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: (() => void) | null };
}

interface World {
  indexedDB?: IndexedDb;
  IDBKeyRange?: { bound(from: string, to: string): unknown };
}

const world = globalThis as unknown as World;
const name = 'parley';

const done = <T>(request: Request<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error('IndexedDB failed.', { cause: request.error }));
  });

const open = async (): Promise<Database> => {
  if (!world.indexedDB) throw new Error('There is no IndexedDB.');
  const request = world.indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(name);
  return done(request);
};

class IndexedDbStore implements Store {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(prefix: string): Promise<{ key: string; value: string }[]> {
    const range = world.IDBKeyRange?.bound(prefix, `${prefix}\uffff`);
    const store = await this.#store('readonly');
    const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
    return keys.map((key, index) => ({ key, value: values[index] ?? '' }));
  }

  async set(key: string, value: string): Promise<void> {
    await done((await this.#store('readwrite')).put(value, key));
  }

  async delete(key: string): Promise<void> {
    await done((await this.#store('readwrite')).delete(key));
  }

  /** Browsers close a database that is open for long, and when they run out of space: it is opened once more. */
  async #store(mode: 'readonly' | 'readwrite'): Promise<ObjectStore> {
    const begin = (): ObjectStore => this.#database.transaction(name, mode).objectStore(name);
    try {
      return begin();
    } catch {
      this.#database = await open();
      return begin();
    }
  }
}

/** IndexedDB, or memory where there is none, or the user does not allow it (private windows). @internal */
export const openStore = async (): Promise<Store> => {
  try {
    return new IndexedDbStore(await open());
  } catch {
    return new MemoryStore();
  }
};
