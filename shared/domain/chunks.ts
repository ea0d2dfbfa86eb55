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
