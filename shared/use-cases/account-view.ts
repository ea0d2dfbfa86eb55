import type { AccountView } from '../contract/accounts.ts';
import type { Account } from '../ports/accounts.ts';

/** An account as its owner may see it: everything but the password's hash. */
export const viewOf = ({ userId, email, fullName, avatarUrl, createdAt }: Account): AccountView => ({
  userId,
  username: userId,
  email,
  fullName,
  avatarUrl,
  createdAt,
});
