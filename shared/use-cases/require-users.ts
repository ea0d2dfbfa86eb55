import { forEach } from '../domain/chunks.ts';
import { noSuchUser, type Directory } from '../ports/directory.ts';

/** Users looked up at once. */
const lookups = 32;

/**
 * The ids of users as they are, each once, for ids as somebody has written them.
 * @param self who asks, and so is there @throws ChatError `not-found` naming one that is none; `unavailable`
 */
export const requireUsers = async (
  directory: Directory,
  userIds: readonly string[],
  self?: string,
): Promise<string[]> => {
  const found = new Map<string, string>();
  await forEach(userIds, lookups, async (userId) => {
    const id = userId === self ? self : await directory.find(userId);
    if (id === undefined) throw noSuchUser(userId);
    found.set(userId, id);
  });
  return [...new Set(userIds.map((userId) => found.get(userId) ?? userId))];
};
