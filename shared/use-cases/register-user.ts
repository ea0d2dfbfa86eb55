import type { AccountView, RegistrationRequest } from '../contract/accounts.ts';
import { nameKeysOf } from '../domain/account.ts';
import { ChatError } from '../domain/errors.ts';
import { usernameTaken, type Accounts, type PasswordHasher } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { UserNames } from '../ports/user-names.ts';
import { viewOf } from './account-view.ts';
import { requireAccepted } from './require-accepted.ts';

export interface RegisterUserParts {
  accounts: Pick<Accounts, 'add' | 'findByUsername'>;
  names: Pick<UserNames, 'put' | 'remove'>;
  hasher: Pick<PasswordHasher, 'hash'>;
  rateLimiter: RateLimiter;
  moderator: Moderator;
  clock: Clock;
}

/**
 * Opens a built-in account; the user id is the user name as typed.
 * @param address of the caller, for the limit
 * @throws ChatError `rate-limited`, `message-rejected` (a name), `username-taken`, `email-taken`, `unavailable`
 */
export const registerUser =
  ({ accounts, names, hasher, rateLimiter, moderator, clock }: RegisterUserParts) =>
  async (registration: RegistrationRequest, address: string): Promise<AccountView> => {
    await rateLimiter.take('register', address);
    await requireAccepted(moderator, { text: registration.username }, { text: registration.fullName });
    const account = {
      userId: registration.username,
      passwordHash: await hasher.hash(registration.password),
      email: registration.email ?? null,
      fullName: registration.fullName ?? null,
      avatarUrl: null,
      createdAt: clock.now().toISOString(),
      generation: 0,
    };
    if (await accounts.findByUsername(account.userId)) throw usernameTaken();
    // Names first: one that leads to nobody is passed over, a user whom nobody finds would stay so.
    const keys = nameKeysOf(account.userId, account.fullName);
    await names.put(account.userId, keys);
    try {
      await accounts.add(account);
    } catch (error) {
      if (error instanceof ChatError && error.code === 'email-taken')
        await names.remove(account.userId, keys).catch(() => undefined);
      throw error;
    }
    return viewOf(account);
  };
