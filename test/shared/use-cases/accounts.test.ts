import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limitsOf } from '../../../functions/limits.ts';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { MemoryFailedTries } from '../../../shared/adapters/memory/memory-failed-tries.ts';
import { MemoryAccounts } from '../../../shared/adapters/memory/memory-accounts.ts';
import { MemoryJobs } from '../../../shared/adapters/memory/memory-jobs.ts';
import { MemoryRevocations } from '../../../shared/adapters/memory/memory-revocations.ts';
import { MemoryUserNames } from '../../../shared/adapters/memory/memory-user-names.ts';
import { TokenBucketRateLimiter } from '../../../shared/adapters/memory/token-bucket-rate-limiter.ts';
import { loadConfig } from '../../../shared/config.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import type { PasswordHasher } from '../../../shared/ports/accounts.ts';
import type { RateLimiter } from '../../../shared/ports/rate-limiter.ts';
import { accountChange, usersQuery } from '../../../shared/contract/accounts.ts';
import { changePassword } from '../../../shared/use-cases/change-password.ts';
import { findUsers, getUser } from '../../../shared/use-cases/find-users.ts';
import { getOwnAccount } from '../../../shared/use-cases/get-own-account.ts';
import { logIn } from '../../../shared/use-cases/log-in.ts';
import { logOut } from '../../../shared/use-cases/log-out.ts';
import { requireGoodToken } from '../../../shared/use-cases/require-good-token.ts';
import { registerUser } from '../../../shared/use-cases/register-user.ts';
import { updateAccount } from '../../../shared/use-cases/update-account.ts';
import { aCaller, aToken } from '../../support/builders.ts';
import { FakeBroadcaster, fakeModerator, FakeTimer } from '../../support/fakes.ts';
import { offlineSettings } from '../../support/offline-services.ts';

const now = new Date('2026-01-02T03:04:05.006Z');
const expiresAt = new Date('2026-01-02T04:04:05.006Z');
const password = 'correct horse';

/** Accounts whose hashes can be read, and whose limiter and hasher remember what they were asked. */
const anApp = (rateLimiter?: RateLimiter, clock = new FakeTimer(now.toISOString())) => {
  const taken: string[] = [];
  const verified: (string | undefined)[] = [];
  const accounts = new MemoryAccounts();
  const hasher: PasswordHasher = {
    hash: (text) => Promise.resolve(`hash of ${text}`),
    verify: (text, stored) => {
      verified.push(stored);
      return Promise.resolve(stored?.endsWith(`hash of ${text}`) ?? false);
    },
    isOutdated: (stored) => stored.startsWith('old '),
  };
  const audit = new MemoryAudit();
  const names = new MemoryUserNames();
  const revocations = new MemoryRevocations(new MemoryJobs(), accounts, clock);
  const parts = {
    accounts,
    names,
    hasher,
    rateLimiter: rateLimiter ?? {
      take: (kind, key) => {
        taken.push(`${kind} ${key}`);
        return Promise.resolve();
      },
    },
    moderator: fakeModerator,
    ...{ clock, audit, failedTries: new MemoryFailedTries(), freeTries: 3, newId: randomUUID },
    issuer: {
      issue: (userId: string, generation: number) =>
        Promise.resolve({ token: `token ${generation} of ${userId}`, expiresAt }),
    },
    broadcaster: new FakeBroadcaster(),
    revocations,
  };
  return {
    ...{ taken, verified, accounts, names, revocations, clock, broadcaster: parts.broadcaster },
    /** What the audit tells, oldest first. */
    recorded: async () => {
      const to = new Date(clock.now().getTime() + 1);
      const found = await audit.list({ from: new Date(0), to, limit: 10_000 });
      return found.toReversed().map(({ auditId: _, ...entry }) => entry);
    },
    register: registerUser(parts),
    logIn: logIn(parts),
    logOut: logOut(parts),
    changePassword: changePassword(parts),
    requireGood: requireGoodToken({ revocations, hasAccounts: true }),
    requireGoodElsewhere: requireGoodToken({ revocations, hasAccounts: false }),
    ownAccount: getOwnAccount(parts),
    update: updateAccount(parts),
    user: getUser(parts),
    find: (query: object) => findUsers(parts)('ann', usersQuery.parse(query)),
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
      token: 'token 0 of Ann',
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
    expect(app.taken).toEqual(['login 10.0.0.1', 'login-account ["ann"]']);

    const limited = anApp(full);
    await expect(limited.logIn({ username: 'ann', password }, '10.0.0.1')).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(limited.verified).toEqual([]);
  });
});

describe('guessing a password', () => {
  const attacker = '198.51.100.7';
  const withAnn = async (app = anApp()) => {
    await app.register({ username: 'Ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    /** Seconds to wait, or whether the password was right. */
    const guess = async (secret: string, { username = 'ann', address = attacker } = {}) => {
      try {
        await app.logIn({ username, password: secret }, address);
        return 'in';
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        return error.code === 'rate-limited' ? error.retryAfterSeconds : 'wrong';
      }
    };
    return { ...app, guess };
  };

  test('is slowed down more and more, for a name that nobody has alike', async () => {
    for (const username of ['ann', 'nobody']) {
      const { guess, clock, verified } = await withAnn();
      const waits: unknown[] = [];
      for (let tried = 0; waits.length < 12 && tried < 40; tried++) {
        const outcome = await guess('wrong', { username });
        if (outcome === 'wrong') continue;
        waits.push(outcome);
        clock.advance(Number(outcome) * 1000);
      }
      expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
      expect(verified).toHaveLength(3 + 11); // one for each wait that has passed
    }
  });

  test('keeps the owner waiting for a while, also with the right password, and never out', async () => {
    const { guess, clock } = await withAnn();
    for (let hours = 0; hours < 24 * 3600; hours += 300) {
      await guess(`guess ${hours}`);
      clock.advance(300_000);
    }
    await guess('wrong');
    const wait = await guess(password);
    expect(wait).toBeTypeOf('number');
    expect(wait).toBeLessThanOrEqual(900);
    clock.advance(Number(wait) * 1000);
    expect(await guess(password)).toBe('in');
    // From there nothing is held against anybody.
    expect(await guess('wrong')).toBe('wrong');
    expect(await guess(password)).toBe('in');
  });

  test('from one address does not lock out the owner, who is at another', async () => {
    const { guess, clock } = await withAnn();
    for (let tries = 0; tries < 200; tries++) {
      await guess('wrong');
      clock.advance(1000);
    }
    expect(await guess(password, { address: '192.0.2.1' })).toBe('in');
  });

  test('from many addresses is slowed down to one a minute', async () => {
    const { guess, clock } = await withAnn();
    let wrong = 0;
    for (let tries = 0; tries < 3600; tries++) {
      if ((await guess('wrong', { address: `198.51.100.${tries}` })) === 'wrong') wrong++;
      clock.advance(1000);
    }
    expect(wrong).toBeLessThan(12 + 6 + 60);
  });

  test('is let through once where one had to wait, however many try at once', async () => {
    const { guess, clock, verified } = await withAnn();
    for (let tries = 0; tries < 4; tries++) await guess('wrong');
    clock.advance(2000);
    verified.length = 0;
    await Promise.all(Array.from({ length: 50 }, (_, index) => guess(`guess ${index}`)));
    expect(verified).toHaveLength(1);
  });

  test('by somebody with a stolen token is slowed down apart, and a stranger keeps nobody from a change', async () => {
    const { guess, changePassword: changing } = await withAnn();
    for (let tries = 0; tries < 20; tries++) await guess('wrong');
    const change = (currentPassword: string) =>
      changing('Ann', { currentPassword, newPassword: 'battery staple' }, attacker);
    await change(password);
    for (let tries = 0; tries < 3; tries++)
      await expect(change('wrong')).rejects.toMatchObject({ code: 'invalid-credentials' });
    await expect(change('wrong')).rejects.toMatchObject({ code: 'rate-limited', retryAfterSeconds: 2 });
  });
});

describe('guessing a password, under the limits as the app has them,', () => {
  /** What it is like after five minutes of guesses, two a second, the last one just now. */
  const guessed = async (from: (tries: number) => string) => {
    const clock = new FakeTimer(now.toISOString());
    const limits = limitsOf(loadConfig(offlineSettings));
    const app = anApp(new TokenBucketRateLimiter(clock, limits), clock);
    await app.register({ username: 'ann', password, email: undefined, fullName: undefined }, '192.0.2.1');
    for (let tries = 0; tries < 600; tries++) {
      clock.advance(500);
      await app.logIn({ username: 'ann', password: 'wrong' }, from(tries)).catch(() => undefined);
    }
    return app;
  };
  const oneAddress = () => '198.51.100.7';
  const manyAddresses = (tries: number) => `198.51.100.${tries}`;

  test('from one address leaves tries to the owner, who is at another', async () => {
    const { logIn: loggingIn } = await guessed(oneAddress);
    const entered = await loggingIn({ username: 'ann', password }, '192.0.2.1');
    expect(entered).toMatchObject({ token: 'token 0 of ann' });
  });

  test.each([{ from: oneAddress }, { from: manyAddresses }])(
    'from anywhere leaves tries to an owner who changes it: $from.name',
    async ({ from }) => {
      const { changePassword: changing } = await guessed(from);
      const change = { currentPassword: password, newPassword: 'battery staple' };
      expect(await changing('ann', change, '192.0.2.1')).toMatchObject({ token: 'token 1 of ann' });
    },
  );
});

describe('a hash of earlier days', () => {
  test('is replaced when its password is known, and nobody is logged out by that', async () => {
    const app = anApp();
    await app.register({ username: 'ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    const from = `hash of ${password}`;
    await app.accounts.replaceHash('ann', { from, to: `old ${from}` }, 0);
    await expect(app.logIn({ username: 'ann', password: 'wrong' }, '10.0.0.1')).rejects.toThrow();
    expect((await app.accounts.find('ann'))?.passwordHash).toBe(`old ${from}`);
    expect(await app.logIn({ username: 'ann', password }, '10.0.0.1')).toMatchObject({
      token: 'token 0 of ann',
    });
    expect(await app.accounts.find('ann')).toMatchObject({ passwordHash: from, generation: 0 });
  });
});

describe('the audit', () => {
  const address = '10.0.0.1';

  test('tells who logged in, logged out and changed the password', async () => {
    const app = anApp();
    await app.register({ username: 'Ann', password, email: undefined, fullName: undefined }, address);
    await app.logIn({ username: 'ann', password }, address);
    await app.changePassword('Ann', { currentPassword: password, newPassword: 'battery staple' }, address);
    const caller = { userId: 'Ann', token: aToken({ generation: 1 }) };
    for (let times = 0; times < 3; times++) await app.logOut(caller);
    const at = now.toISOString();
    expect((await app.recorded()).toSorted((a, b) => (a.action < b.action ? -1 : 1))).toEqual([
      { action: 'login.succeeded', at, actorId: 'Ann' },
      { action: 'logout', at, actorId: 'Ann' },
      { action: 'password.changed', at, actorId: 'Ann' },
    ]);
  });

  test('tells whose account was guessed at, once in ten minutes, and no name that nobody has', async () => {
    const app = anApp();
    await app.register({ username: 'Ann', password, email: undefined, fullName: undefined }, address);
    for (let tries = 0; tries < 600; tries++) {
      for (const username of ['aNN', `secret ${tries}`])
        await app.logIn({ username, password: 'wrong' }, `10.0.0.${tries}`).catch(() => undefined);
      app.clock.advance(2000);
    }
    const recorded = await app.recorded();
    expect(recorded.length).toBeGreaterThanOrEqual(4);
    expect(recorded.length).toBeLessThanOrEqual(6); // twenty minutes are in three of ten at most
    expect(JSON.stringify(recorded)).not.toContain('secret');
    expect(recorded).toContainEqual({
      ...{ action: 'login.refused', at: '2026-01-02T03:00:00.000Z', actorId: null },
      ...{ userId: 'Ann', code: 'invalid-credentials' },
    });
  });
});

describe('changing the password', () => {
  const change = { currentPassword: password, newPassword: 'battery staple' };
  const registered = async () => {
    const app = anApp();
    await app.register({ username: 'Ann', password, email: undefined, fullName: undefined }, '10.0.0.1');
    app.taken.length = 0;
    return app;
  };

  test('ends all tokens and connections from before, and answers a fresh token', async () => {
    const { changePassword: changing, requireGood, broadcaster, logIn: logInWith } = await registered();
    const [before, after] = [aToken({ generation: 0 }), aToken({ generation: 1 })];
    await requireGood('Ann', before);
    expect(await changing('Ann', change, '10.0.0.1')).toMatchObject({
      token: 'token 1 of Ann',
      user: { userId: 'Ann' },
    });
    expect(broadcaster.closedAll).toEqual(['Ann']);
    await expect(requireGood('Ann', before)).rejects.toMatchObject({ code: 'unauthenticated' });
    await requireGood('Ann', after);
    const wrong = logInWith({ username: 'ann', password }, '10.0.0.1');
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(await logInWith({ username: 'ann', password: change.newPassword }, '10.0.0.1')).toMatchObject({
      token: 'token 1 of Ann',
    });
  });

  test('ends also what somebody who logs in with the old one at this moment is given', async () => {
    const { changePassword: changing, logIn: logInWith } = await registered();
    const credentials = { username: 'ann', password };
    const [late] = await Promise.all([
      logInWith(credentials, '10.0.0.1'),
      changing('Ann', change, '10.0.0.1'),
    ]);
    expect(late.token).toBe('token 0 of Ann');
  });

  test('of two at once is done by one', async () => {
    const { changePassword: changing } = await registered();
    const outcomes = await Promise.allSettled([
      changing('Ann', change, '10.0.0.1'),
      changing('Ann', { ...change, newPassword: 'another staple' }, '10.0.0.1'),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('takes the current one, and counts as logging in does', async () => {
    const { changePassword: changing, taken, requireGood } = await registered();
    const wrong = changing('Ann', { ...change, currentPassword: 'wrong' }, '10.0.0.1');
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(taken).toEqual(['login 10.0.0.1', 'login-account ["ann","owner"]']);
    await requireGood('Ann', aToken());
  });

  test('is done though connections cannot be closed just now', async () => {
    const { changePassword: changing, broadcaster } = await registered();
    broadcaster.isDown = true;
    expect(await changing('Ann', change, '10.0.0.1')).toMatchObject({ token: 'token 1 of Ann' });
  });

  test('is for who has an account, and says nothing of tokens of an identity provider', async () => {
    const { changePassword: changing, requireGoodElsewhere } = await registered();
    await changing('Ann', change, '10.0.0.1');
    await requireGoodElsewhere('Ann', aToken());
    await expect(changing('auth0|7', change, '10.0.0.1')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('logging out', () => {
  test('ends the token and what was opened with it, and no other, however often', async () => {
    const { logOut: loggingOut, requireGood, broadcaster } = anApp();
    const [caller, other] = [aCaller('ann'), aCaller('ann')];
    await requireGood('ann', caller.token);
    await Promise.all([loggingOut(caller), loggingOut(caller)]);
    await expect(requireGood('ann', caller.token)).rejects.toMatchObject({ code: 'unauthenticated' });
    await requireGood('ann', other.token);
    expect(broadcaster.closedAll).toEqual([caller.token.id, caller.token.id]);
  });

  test('says so when connections could not be closed, and is done when it is asked again', async () => {
    const { logOut: loggingOut, requireGood, broadcaster } = anApp();
    const caller = aCaller('ann');
    broadcaster.isDown = true;
    await expect(loggingOut(caller)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(requireGood('ann', caller.token)).rejects.toMatchObject({ code: 'unauthenticated' });
    broadcaster.isDown = false;
    await loggingOut(caller);
    expect(broadcaster.closedAll).toEqual([caller.token.id]);
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

const people = () => {
  const app = anApp();
  const join = (username: string, fullName?: string, email?: string) =>
    app.register({ username, password, email, fullName }, '192.0.2.1');
  return {
    ...app,
    join,
    ids: async (q: string, rest: object = {}) =>
      (await app.find({ q, ...rest })).items.map(({ userId }) => userId),
  };
};

describe('changing one’s account', () => {
  test('changes what is given, takes away what is null, and leaves the rest', async () => {
    const { join, update, ownAccount } = people();
    await join('ann', 'Ann Lee', 'a@b.co');
    const avatarUrl = 'https://example.org/ann.png';
    expect(await update('ann', { avatarUrl })).toMatchObject({
      fullName: 'Ann Lee',
      email: 'a@b.co',
      avatarUrl,
    });
    await update('ann', { fullName: null, email: null });
    expect(await ownAccount('ann')).toMatchObject({ fullName: null, email: null, avatarUrl });
    await update('ann', {});
    expect(await ownAccount('ann')).toMatchObject({ fullName: null, avatarUrl });
  });

  test('is for who has one', async () => {
    const { update } = people();
    await expect(update('auth0|7', { fullName: 'Eve' })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('takes no address that another has', async () => {
    const { join, update, ids } = people();
    await join('ann', 'Ann', 'a@b.co');
    await join('bo1', 'Bo');
    await expect(update('bo1', { email: 'A@B.co', fullName: 'Carl' })).rejects.toMatchObject({
      code: 'email-taken',
    });
    expect(await ids('carl')).toEqual([]);
    expect(await ids('bo')).toEqual(['bo1']);
  });

  test.each([
    'http://example.org/a.png',
    'https://user:pass@example.org/a.png',
    'https://user@example.org/a.png',
    'javascript:alert(1)',
    '//example.org/a.png',
    'https://',
    `https://example.org/${'a'.repeat(2048)}`,
    'https://example.org/\u0000',
  ])('refuses %j as a picture', (avatarUrl) => {
    expect(accountChange.safeParse({ avatarUrl }).error?.issues[0]?.path).toEqual(['avatarUrl']);
  });
});

describe('finding users', () => {
  test('goes by the beginning of the user name or of a word of the full name, in any case and accent', async () => {
    const { join, ids } = people();
    await join('zoe', 'Ánnika  van der Berg');
    await join('annabel');
    await join('bob', 'Joanna Berg');
    expect(await ids('ANN')).toEqual(['annabel', 'zoe']);
    expect(await ids('annika van')).toEqual(['zoe']);
    expect((await ids('bèrg')).toSorted()).toEqual(['bob', 'zoe']);
    expect(await ids('nna')).toEqual([]);
    expect(await ids('\u0301')).toEqual([]);
  });

  test('shows each once, also with several names that begin so, and goes on where a page ended', async () => {
    const { join, find } = people();
    for (let n = 0; n < 7; n++) await join(`ann${n}`, `Ann${n} Anna Anders`);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof find>> = await find({ q: 'an', limit: '3', cursor });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ userId }) => userId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `ann${n}`));
  });

  test('goes by the names that users have now', async () => {
    const { join, ids, update } = people();
    await join('bo1', 'Bo Berg');
    await update('bo1', { fullName: 'Carl Lee' });
    expect(await ids('berg')).toEqual([]);
    expect(await ids('carl')).toEqual(['bo1']);
    expect(await ids('bo')).toEqual(['bo1']);
  });

  test('passes over names that lead nowhere: of registrations that failed, of changes that died', async () => {
    const { join, ids, names } = people();
    await join('ann', 'Ann', 'a@b.co');
    await expect(join('anders', 'Ann Two', 'a@b.co')).rejects.toMatchObject({ code: 'email-taken' });
    expect(await names.find('an', 10, undefined)).toHaveLength(1);
    await names.put('ann', ['andrea']);
    await names.put('nobody', ['anna']);
    expect(await ids('an')).toEqual(['ann']);
  });

  test('shows what others may see, and no more', async () => {
    const { join, find, user } = people();
    await join('ann', 'Ann', 'a@b.co');
    const profile = { userId: 'ann', fullName: 'Ann', avatarUrl: null };
    expect((await find({ q: 'a' })).items).toEqual([profile]);
    expect(await user('ann')).toEqual(profile);
    await expect(user('nobody')).rejects.toMatchObject({ code: 'not-found' });
  });

  test('refuses cursors that are not its own', async () => {
    const { find } = people();
    for (const place of ['x', 'an', `${'an'.repeat(300)}\nbo`, 'bo\nbo', 'an\n'])
      await expect(find({ q: 'an', cursor: Buffer.from(place).toString('base64url') })).rejects.toMatchObject(
        {
          code: 'malformed-request',
        },
      );
    await expect(find({ q: 'an', cursor: '%' })).rejects.toMatchObject({ code: 'malformed-request' });
  });

  test('is limited', async () => {
    const app = anApp(full);
    await expect(app.find({ q: 'a' })).rejects.toMatchObject({ code: 'rate-limited' });
  });
});

test('names that moderation refuses are refused, at registering and later', async () => {
  const app = anApp();
  const refused = { code: 'message-rejected', reason: 'word', message: 'No.' };
  const registering = (more: object) =>
    app.register(
      { username: 'ann', password: 'open sesame', email: undefined, fullName: undefined, ...more },
      'here',
    );
  await expect(registering({ username: 'badly' })).rejects.toMatchObject(refused);
  await expect(registering({ fullName: 'A bad name' })).rejects.toMatchObject(refused);
  expect(await app.accounts.findByUsername('badly')).toBeUndefined();
  await registering({ fullName: 'Ann' });
  await expect(app.update('ann', { fullName: 'A bad name' })).rejects.toMatchObject(refused);
  expect((await app.accounts.find('ann'))?.fullName).toBe('Ann');
  await app.update('ann', { fullName: null });
});
