import { describe, expect, test } from 'vitest';
import { MemoryAccounts } from '../../../shared/adapters/memory/memory-accounts.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import type { PasswordHasher } from '../../../shared/ports/accounts.ts';
import type { RateLimiter } from '../../../shared/ports/rate-limiter.ts';
import { getOwnAccount } from '../../../shared/use-cases/get-own-account.ts';
import { logIn } from '../../../shared/use-cases/log-in.ts';
import { registerUser } from '../../../shared/use-cases/register-user.ts';

const now = new Date('2026-01-02T03:04:05.006Z');
const expiresAt = new Date('2026-01-02T04:04:05.006Z');
const password = 'correct horse';

/** Accounts whose hashes can be read, and whose limiter and hasher remember what they were asked. */
const anApp = (rateLimiter?: RateLimiter) => {
  const taken: string[] = [];
  const verified: (string | undefined)[] = [];
  const accounts = new MemoryAccounts();
  const hasher: PasswordHasher = {
    hash: (text) => Promise.resolve(`hash of ${text}`),
    verify: (text, stored) => {
      verified.push(stored);
      return Promise.resolve(stored === `hash of ${text}`);
    },
  };
  const parts = {
    accounts,
    hasher,
    rateLimiter: rateLimiter ?? {
      take: (kind, key) => {
        taken.push(`${kind} ${key}`);
        return Promise.resolve();
      },
    },
    clock: { now: () => now },
    issuer: { issue: (userId: string) => Promise.resolve({ token: `token of ${userId}`, expiresAt }) },
  };
  return {
    ...{ taken, verified, accounts },
    register: registerUser(parts),
    logIn: logIn(parts),
    ownAccount: getOwnAccount(parts),
  };
};

const full: RateLimiter = {
  take: () => Promise.reject(new ChatError('rate-limited', 'Slow down.', { retryAfterSeconds: 3 })),
};

describe('registering', () => {
  test('opens an account and shows all of it but the password', async () => {
    const app = anApp();
    const registration = { username: 'Ann', password, email: 'a@b.co', fullName: undefined };
    const view = {
      userId: 'Ann',
      username: 'Ann',
      email: 'a@b.co',
      fullName: null,
      avatarUrl: null,
      createdAt: now.toISOString(),
    };
    expect(await app.register(registration, '10.0.0.1')).toEqual(view);
    expect(await app.ownAccount('Ann')).toEqual(view);
    expect((await app.accounts.find('Ann'))?.passwordHash).toBe('hash of correct horse');
  });

  test('is limited by address, before a password is hashed', async () => {
    const app = anApp();
    await app.register({ username: 'ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    expect(app.taken).toEqual(['register 10.0.0.1']);

    const registering = anApp(full).register(
      { username: 'ann', password, email: undefined, fullName: undefined },
      '10.0.0.1',
    );
    await expect(registering).rejects.toMatchObject({ code: 'rate-limited', retryAfterSeconds: 3 });
  });
});

describe('logging in', () => {
  test('answers a token for the user id as registered, in whatever case the name is typed', async () => {
    const app = anApp();
    await app.register({ username: 'Ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    expect(await app.logIn({ username: 'aNN', password }, '10.0.0.1')).toMatchObject({
      token: 'token of Ann',
      expiresAt: expiresAt.toISOString(),
      user: { userId: 'Ann', username: 'Ann' },
    });
  });

  test('fails for an unknown name just as for a wrong password, and hashes for both', async () => {
    const app = anApp();
    await app.register({ username: 'ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    const refusals = await Promise.all(
      ['ann', 'bo1'].map((username) =>
        app.logIn({ username, password: 'wrong' }, '10.0.0.1').catch((error: unknown) => error as ChatError),
      ),
    );
    expect(refusals.map((refusal) => refusal instanceof ChatError && refusal.code)).toEqual([
      'invalid-credentials',
      'invalid-credentials',
    ]);
    expect(refusals[0]).toEqual(refusals[1]);
    expect(app.verified).toEqual(['hash of correct horse', undefined]);
  });

  test('is limited by address and by account in any case', async () => {
    const app = anApp();
    await expect(app.logIn({ username: 'ANN', password }, '10.0.0.1')).rejects.toThrow();
    expect(app.taken).toEqual(['login 10.0.0.1', 'login-account ann']);

    const limited = anApp(full);
    await expect(limited.logIn({ username: 'ann', password }, '10.0.0.1')).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(limited.verified).toEqual([]);
  });
});

describe('one’s own account', () => {
  const idAlone = { username: null, email: null, fullName: null, avatarUrl: null, createdAt: null };

  test('is no more than the id for users of an identity provider', async () => {
    expect(await anApp().ownAccount('auth0|7')).toEqual({ userId: 'auth0|7', ...idAlone });
  });

  test('is not that of a built-in account once those are switched off', async () => {
    expect(await getOwnAccount({ accounts: undefined })('ann')).toEqual({ userId: 'ann', ...idAlone });
  });
});
