/** A list in pieces of at most `size`. */
export const inChunks = function* <T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
};

/** Does something with each item, at most `concurrency` at once. */
export const forEach = async <T>(
  items: readonly T[],
  concurrency: number,
  run: (item: T) => Promise<unknown>,
): Promise<void> => {
  for (const chunk of inChunks(items, concurrency)) await Promise.all(chunk.map(run));
};

/** The first so many pages of a list. */
export const firstPages = async function* <T>(pages: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let taken = 0;
  for await (const page of pages) {
    yield page;
    if (++taken === count) return;
  }
};
