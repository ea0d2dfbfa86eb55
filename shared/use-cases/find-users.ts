import type { PublicProfile, UsersQuery } from '../contract/accounts.ts';
import { nameKey, nameKeysOf } from '../domain/account.ts';
import { forEach } from '../domain/chunks.ts';
import { ChatError } from '../domain/errors.ts';
import { isUserId } from '../domain/user.ts';
import type { Account, Accounts } from '../ports/accounts.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { NameEntry, UserNames } from '../ports/user-names.ts';
import { badCursor, decodeCursor, encodeCursor, type Page } from './page.ts';

export interface FindUsersParts {
  accounts: Pick<Accounts, 'find'>;
  names: Pick<UserNames, 'find'>;
  rateLimiter: RateLimiter;
}

/** Entries looked at for one page: with more that lead nowhere the page ends early, and has a cursor all the same. */
const maxEntries = 500;

/** Accounts looked up at once. */
const concurrency = 32;

const profileOf = ({ userId, fullName, avatarUrl }: Account): PublicProfile => ({
  userId,
  fullName,
  avatarUrl,
});

/** What others see of a user. @throws ChatError `not-found`, `unavailable` */
export const getUser =
  ({ accounts }: { accounts: Pick<Accounts, 'find'> }) =>
  async (userId: string): Promise<PublicProfile> => {
    const account = await accounts.find(userId);
    if (!account) throw new ChatError('not-found', 'There is no such user.');
    return profileOf(account);
  };

const entryOf = (cursor: string, prefix: string): NameEntry => {
  const [key = '', userId = ''] = decodeCursor(cursor).split('\n');
  if (nameKey(key) !== key || !key.startsWith(prefix) || !isUserId(userId)) throw badCursor();
  return { key, userId };
};

const accountsOf = async (
  accounts: FindUsersParts['accounts'],
  entries: readonly NameEntry[],
): Promise<Map<string, Account>> => {
  const found = new Map<string, Account>();
  await forEach([...new Set(entries.map(({ userId }) => userId))], concurrency, async (userId) => {
    const account = await accounts.find(userId);
    if (account) found.set(userId, account);
  });
  return found;
};

/** A user with several names that begin so is shown under the first; a name that the user no longer has shows nobody. */
const isShownUnder = ({ userId, fullName }: Account, key: string, prefix: string): boolean => {
  const matching = nameKeysOf(userId, fullName).filter((name) => name.startsWith(prefix));
  return matching.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[0] === key;
};

/**
 * The users whose user name, or a word of whose full name, begins so; case and accents make no difference.
 * @throws ChatError `rate-limited`, `malformed-request` for a cursor that is none, `unavailable`
 */
export const findUsers =
  ({ accounts, names, rateLimiter }: FindUsersParts) =>
  async (callerId: string, { q, limit, cursor }: UsersQuery): Promise<Page<PublicProfile>> => {
    await rateLimiter.take('find-users', callerId);
    const prefix = nameKey(q);
    if (prefix === '') return { items: [], nextCursor: null }; // nothing but marks
    let after = cursor === undefined ? undefined : entryOf(cursor, prefix);
    const items: PublicProfile[] = [];
    for (let entries = 0; entries < maxEntries && items.length < limit;) {
      const found = await names.find(prefix, limit, after);
      const known = await accountsOf(accounts, found);
      entries += found.length;
      for (const entry of found) {
        after = entry;
        const account = known.get(entry.userId);
        if (account && isShownUnder(account, entry.key, prefix)) items.push(profileOf(account));
        if (items.length === limit) break;
      }
      const wasRead = found.length === 0 || after === found.at(-1);
      if (wasRead && found.length < limit) return { items, nextCursor: null };
    }
    return { items, nextCursor: after ? encodeCursor(`${after.key}\n${after.userId}`) : null };
  };
