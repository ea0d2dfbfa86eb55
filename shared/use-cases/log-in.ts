import type { CredentialsRequest, LoginAnswer } from '../contract/accounts.ts';
import { foldUsername } from '../domain/account.ts';
import { ChatError } from '../domain/errors.ts';
import type { Accounts, PasswordHasher, TokenIssuer } from '../ports/accounts.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { viewOf } from './account-view.ts';

export interface LogInParts {
  accounts: Pick<Accounts, 'findByUsername'>;
  hasher: Pick<PasswordHasher, 'verify'>;
  issuer: TokenIssuer;
  rateLimiter: RateLimiter;
}

/**
 * Answers a token for a user name (in any case) and its password. An unknown name and a wrong password are told apart
 * neither by what is answered nor by how long it takes.
 * @param address of the caller, for the limit; attempts on one account are limited as well, from wherever they come
 * @throws ChatError `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const logIn =
  ({ accounts, hasher, issuer, rateLimiter }: LogInParts) =>
  async ({ username, password }: CredentialsRequest, address: string): Promise<LoginAnswer> => {
    await rateLimiter.take('login', address);
    await rateLimiter.take('login-account', foldUsername(username));
    const account = await accounts.findByUsername(username);
    const matches = await hasher.verify(password, account?.passwordHash);
    if (!account || !matches)
      throw new ChatError('invalid-credentials', 'The user name or the password is wrong.');
    const { token, expiresAt } = await issuer.issue(account.userId);
    return { token, expiresAt: expiresAt.toISOString(), user: viewOf(account) };
  };
