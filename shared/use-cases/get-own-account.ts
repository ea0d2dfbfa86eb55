import type { AccountView } from '../contract/accounts.ts';
import type { Accounts } from '../ports/accounts.ts';
import { viewOf } from './account-view.ts';

export interface GetOwnAccountParts {
  /** Undefined when built-in accounts are switched off: a row left from before is then nobody's. */
  accounts: Pick<Accounts, 'find'> | undefined;
}

/**
 * A user's own account; of users of an identity provider, who have none here, all that is known is their id.
 * @throws ChatError `unavailable`
 */
export const getOwnAccount =
  ({ accounts }: GetOwnAccountParts) =>
  async (userId: string): Promise<AccountView> => {
    const account = await accounts?.find(userId);
    if (account) return viewOf(account);
    return { userId, username: null, email: null, fullName: null, avatarUrl: null, createdAt: null };
  };
