/** The last things of a kind, numbered from 1: a new one takes the place of the oldest. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #size: number;
  readonly #watchers = new Set<() => void>();
  #last = 0;

  /** @param size how many are kept */
  constructor(size: number) {
    this.#size = size;
  }

  /** @returns its number */
  add(item: T): number {
    this.#items[this.#last % this.#size] = item;
    this.#last++;
    this.changed();
    return this.#last;
  }

  /** Undefined where it was never there, or is no longer. */
  get(number: number): T | undefined {
    const isKept = Number.isInteger(number) && number > this.#last - this.#size && number <= this.#last;
    return isKept && number > 0 ? this.#items[(number - 1) % this.#size] : undefined;
  }

  *newestFirst(): Generator<T> {
    for (let number = this.#last; number > 0 && number > this.#last - this.#size; number--) {
      const item = this.get(number);
      if (item !== undefined) yield item;
    }
  }

  /** One of them is not what it was. */
  changed(): void {
    for (const watch of this.#watchers) watch();
  }

  /** Calls at each change until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }
}

/** The first so many of them that match. */
export function take<T>(items: Iterable<T>, limit: number, matches: (item: T) => boolean = () => true): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= limit) break;
    if (matches(item)) taken.push(item);
  }
  return taken;
}
