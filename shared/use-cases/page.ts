import { malformed, type ChatError } from '../domain/errors.ts';

/** A part of a list, and where the next one begins. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A place in a list as its readers are given it: opaque to them. */
export const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url');

/** The refusal of what is no cursor of ours. */
export const badCursor = (): ChatError => malformed('/cursor', 'must be a nextCursor of an earlier answer');

/** @throws ChatError `malformed-request` for what is no cursor of ours */
export const decodeCursor = (cursor: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (key === '' || encodeCursor(key) !== cursor) throw badCursor();
  return key;
};

/**
 * A page of what was found from its beginning on, with at least one more if there is more.
 * @param key of an item, by which the next page is found
 */
export const pageFrom = <T>(found: readonly T[], limit: number, key: (item: T) => string): Page<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
};

/**
 * A page of a list that is whole in memory, in the order of its keys. A cursor is the key of the last item in disguise:
 * it stays good when items come and go.
 * @param key of an item, no two the same @throws ChatError `malformed-request` for a cursor that is none
 */
export const pageOf = <T>(
  items: readonly T[],
  key: (item: T) => string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Page<T> => {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const behind = items
    .map((item) => ({ item, key: key(item) }))
    .filter((entry) => after === undefined || entry.key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const { items: page, nextCursor } = pageFrom(behind, limit, (entry) => entry.key);
  return { items: page.map(({ item }) => item), nextCursor };
};
