import type { CredentialsRequest, LoginAnswer } from '../contract/accounts.ts';
import type { Account, TokenIssuer } from '../ports/accounts.ts';
import { viewOf } from './account-view.ts';
import { checkPassword, type CheckPasswordParts } from './check-password.ts';

export interface LogInParts extends CheckPasswordParts {
  issuer: TokenIssuer;
}

/** A token for an account as it was when its password was checked. */
export const tokenFor = async (issuer: TokenIssuer, account: Account): Promise<LoginAnswer> => {
  const { token, expiresAt } = await issuer.issue(account.userId, account.generation);
  return { token, expiresAt: expiresAt.toISOString(), user: viewOf(account) };
};

/**
 * Answers a token for a user name and its password; see {@link checkPassword}.
 * @throws ChatError `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const logIn = (parts: LogInParts) => {
  const check = checkPassword(parts);
  return async (credentials: CredentialsRequest, address: string): Promise<LoginAnswer> =>
    tokenFor(parts.issuer, await check(credentials, address));
};
