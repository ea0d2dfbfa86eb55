/** Things that come, for a reader who takes them one by one. @internal */
export class Stream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: T[] = [];
  readonly #onEnd: () => void;
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #isOver = false;
  #isBegun = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on what comes is for the reader. */
  begin(): void {
    this.#isBegun = true;
  }

  push(...items: T[]): void {
    if (this.#isOver || !this.#isBegun) return;
    for (const item of items) {
      const next = this.#waiting.shift();
      if (next) next({ value: item, done: false });
      else this.#items.push(item);
    }
  }

  /** What has come already is still read. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
    for (const next of this.#waiting.splice(0)) next({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const [item] = this.#items.splice(0, 1);
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
