import type { AccountView, RegistrationRequest } from '../contract/accounts.ts';
import type { Accounts, PasswordHasher } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { viewOf } from './account-view.ts';

export interface RegisterUserParts {
  accounts: Pick<Accounts, 'add'>;
  hasher: Pick<PasswordHasher, 'hash'>;
  rateLimiter: RateLimiter;
  clock: Clock;
}

/**
 * Opens a built-in account; the user id is the user name as typed.
 * @param address of the caller, for the limit
 * @throws ChatError `rate-limited`, `username-taken`, `email-taken`, `unavailable`
 */
export const registerUser =
  ({ accounts, hasher, rateLimiter, clock }: RegisterUserParts) =>
  async (registration: RegistrationRequest, address: string): Promise<AccountView> => {
    await rateLimiter.take('register', address);
    const account = {
      userId: registration.username,
      passwordHash: await hasher.hash(registration.password),
      email: registration.email ?? null,
      fullName: registration.fullName ?? null,
      avatarUrl: null,
      createdAt: clock.now().toISOString(),
    };
    await accounts.add(account);
    return viewOf(account);
  };
