import type { AccountChange, AccountView } from '../contract/accounts.ts';
import { nameKeysOf } from '../domain/account.ts';
import { noAccount, type Account, type Accounts, type AccountUpdate } from '../ports/accounts.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { UserNames } from '../ports/user-names.ts';
import { viewOf } from './account-view.ts';
import { requireAccepted } from './require-accepted.ts';

export interface UpdateAccountParts {
  accounts: Pick<Accounts, 'find' | 'update'>;
  names: Pick<UserNames, 'put' | 'remove'>;
  moderator: Moderator;
}

const updateOf = ({ email, fullName, avatarUrl }: AccountChange): AccountUpdate => ({
  ...(email !== undefined && { email }),
  ...(fullName !== undefined && { fullName }),
  ...(avatarUrl !== undefined && { avatarUrl }),
});

const keysOf = ({ userId, fullName }: Account): string[] => nameKeysOf(userId, fullName);

/**
 * Changes a user's own account: what is left out stays, null takes it away. Safe to repeat; others see new names and
 * pictures within a minute.
 * @throws ChatError `not-found` (the user has no built-in account), `message-rejected` (the name), `email-taken`, `unavailable`
 */
export const updateAccount =
  ({ accounts, names, moderator }: UpdateAccountParts) =>
  async (userId: string, change: AccountChange): Promise<AccountView> => {
    const known = await accounts.find(userId);
    if (!known) throw noAccount();
    await requireAccepted(moderator, { text: change.fullName, userId });
    const update = updateOf(change);
    // New names first, old ones last: the user can be found all the time.
    if (update.fullName !== undefined) await names.put(userId, keysOf({ ...known, ...update }));
    const updated = await accounts.update(userId, update);
    if (!updated) throw noAccount();
    const now = new Set(keysOf(updated.after));
    const gone = keysOf(updated.before).filter((key) => !now.has(key));
    await names.remove(userId, gone);
    return viewOf(updated.after);
  };
