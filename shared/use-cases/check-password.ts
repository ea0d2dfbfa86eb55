import type { CredentialsRequest } from '../contract/accounts.ts';
import { foldUsername } from '../domain/account.ts';
import { ChatError } from '../domain/errors.ts';
import type { Account, Accounts, PasswordHasher } from '../ports/accounts.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';

export interface CheckPasswordParts {
  accounts: Pick<Accounts, 'findByUsername'>;
  hasher: Pick<PasswordHasher, 'verify'>;
  rateLimiter: RateLimiter;
}

/**
 * The account of a user name (in any case) and its password. An unknown name and a wrong password are told apart neither
 * by what is answered nor by how long it takes.
 * @param address of the caller, for the limit; attempts on one account are limited as well, from wherever they come
 * @throws ChatError `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const checkPassword =
  ({ accounts, hasher, rateLimiter }: CheckPasswordParts) =>
  async ({ username, password }: CredentialsRequest, address: string): Promise<Account> => {
    await rateLimiter.take('login', address);
    await rateLimiter.take('login-account', foldUsername(username));
    const account = await accounts.findByUsername(username);
    const matches = await hasher.verify(password, account?.passwordHash);
    if (!account || !matches)
      throw new ChatError('invalid-credentials', 'The user name or the password is wrong.');
    return account;
  };
