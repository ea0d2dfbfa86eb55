import type { LoginAnswer, PasswordChange } from '../contract/accounts.ts';
import { ChatError } from '../domain/errors.ts';
import { noAccount, type Accounts, type PasswordHasher, type TokenIssuer } from '../ports/accounts.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Revocations } from '../ports/revocations.ts';
import { checkPassword, type CheckPasswordParts } from './check-password.ts';
import { tokenFor } from './log-in.ts';

export interface ChangePasswordParts extends CheckPasswordParts {
  accounts: Pick<Accounts, 'find' | 'findByUsername' | 'replaceHash'>;
  hasher: Pick<PasswordHasher, 'hash' | 'verify'>;
  issuer: TokenIssuer;
  revocations: Pick<Revocations, 'announce'>;
  broadcaster: Pick<Broadcaster, 'closeUser'>;
  /** A fresh id. */
  newId: () => string;
}

/**
 * Replaces a user's password. All tokens issued before are good no more, also those of whoever logs in with the old
 * password at this moment, and all connections are closed; the answer is a fresh token. The current password costs and
 * counts as at a log-in, but nobody without a token can make its user wait. When no answer arrives, the new password tells whether it was done.
 * @param address of the caller, for the limit
 * @throws ChatError `not-found` (the user has no built-in account), `rate-limited`, `invalid-credentials`, `unavailable`
 */
export const changePassword = (parts: ChangePasswordParts) => {
  const { accounts, hasher, issuer, revocations, broadcaster, audit, clock, newId } = parts;
  const check = checkPassword(parts);
  return async (
    userId: string,
    { currentPassword, newPassword }: PasswordChange,
    address: string,
  ): Promise<LoginAnswer> => {
    if (!(await accounts.find(userId))) throw noAccount();
    const account = await check({ username: userId, password: currentPassword }, { address, isOwner: true });
    const to = await hasher.hash(newPassword);
    await audit.record(
      { action: 'password.changed', at: clock.now().toISOString(), actorId: userId },
      newId(),
    );
    await revocations.announce(userId);
    const from = account.passwordHash;
    const changed = await accounts.replaceHash(userId, { from, to }, account.generation + 1);
    if (!changed) throw new ChatError('invalid-credentials', 'The password was changed at this moment.');
    // One that stays open is closed at its first event, for its token is good no more.
    await broadcaster.closeUser(userId, 'The password was changed. Log in again.').catch(() => undefined);
    return tokenFor(issuer, changed);
  };
};
