import type { CredentialsRequest, LoginAnswer } from '../contract/accounts.ts';
import { ChatError } from '../domain/errors.ts';
import type { Account, Accounts, PasswordHasher, TokenIssuer } from '../ports/accounts.ts';
import { viewOf } from './account-view.ts';
import { checkPassword, type CheckPasswordParts } from './check-password.ts';

export interface LogInParts extends CheckPasswordParts {
  accounts: Pick<Accounts, 'findByUsername' | 'replaceHash'>;
  hasher: Pick<PasswordHasher, 'verify' | 'hash' | 'isOutdated'>;
  issuer: TokenIssuer;
  /** A fresh id. */
  newId: () => string;
}

/** A token for an account as it was when its password was checked. */
export const tokenFor = async (issuer: TokenIssuer, account: Account): Promise<LoginAnswer> => {
  const { token, expiresAt } = await issuer.issue(account.userId, account.generation);
  return { token, expiresAt: expiresAt.toISOString(), user: viewOf(account) };
};

/**
 * Hashes a password anew whose hash costs less than one of today: now is when it is known. It is the same password, so its
 * tokens stay good. What fails is left to the next log-in.
 */
const renewHash = async (
  { accounts, hasher }: LogInParts,
  { userId, passwordHash: from, generation }: Account,
  password: string,
): Promise<void> => {
  if (!hasher.isOutdated(from)) return;
  try {
    await accounts.replaceHash(userId, { from, to: await hasher.hash(password) }, generation);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
  }
};

/**
 * Answers a token for a user name and its password; see {@link checkPassword}. Nobody gets one of whom the audit does not
 * tell. @throws ChatError `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const logIn = (parts: LogInParts) => {
  const check = checkPassword(parts);
  return async (credentials: CredentialsRequest, address: string): Promise<LoginAnswer> => {
    const account = await check(credentials, { address });
    await renewHash(parts, account, credentials.password);
    const [at, actorId] = [parts.clock.now().toISOString(), account.userId];
    await parts.audit.record({ action: 'login.succeeded', at, actorId }, parts.newId());
    return tokenFor(parts.issuer, account);
  };
};
