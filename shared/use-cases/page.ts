import { malformed } from '../domain/errors.ts';

/** A part of a list, and where the next one begins. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const cursorOf = (key: string): string => Buffer.from(key).toString('base64url');

const keyOf = (cursor: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (key === '' || cursorOf(key) !== cursor)
    throw malformed('/cursor', 'must be a nextCursor of an earlier answer');
  return key;
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
  const after = cursor === undefined ? undefined : keyOf(cursor);
  const behind = items
    .map((item) => ({ item, key: key(item) }))
    .filter((entry) => after === undefined || entry.key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const page = behind.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextCursor: behind.length > limit && last ? cursorOf(last.key) : null,
  };
};
