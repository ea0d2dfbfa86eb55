import { expect, test } from 'vitest';
import type { Account, Accounts } from '../../../shared/ports/accounts.ts';

export const anAccount = (parts: Partial<Account> = {}): Account => ({
  userId: 'ann',
  passwordHash: '$hash$',
  email: null,
  fullName: null,
  avatarUrl: null,
  createdAt: '2026-01-02T03:04:05.006Z',
  generation: 0,
  ...parts,
});

/** How many of these were added, and with which codes the others were refused. */
export const addAll = async (
  accounts: Accounts,
  all: Account[],
): Promise<{ added: Account[]; codes: unknown[] }> => {
  const outcomes = await Promise.allSettled(all.map((account) => accounts.add(account)));
  return {
    added: all.filter((_, i) => outcomes[i]?.status === 'fulfilled'),
    codes: outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as { code?: unknown }).code] : [],
    ),
  };
};

/** What every adapter of the port Accounts does. @param create makes one without accounts */
export const accountsSuite = (create: () => Promise<Accounts>): void => {
  test('an account comes back as it was added', async () => {
    const accounts = await create();
    const bare = anAccount();
    const full = anAccount({
      userId: 'Bo.Berg',
      email: 'Bo@Example.org',
      fullName: 'Bo “Øre” Berg',
      avatarUrl: 'https://example.org/bo.png',
    });
    await accounts.add(bare);
    await accounts.add(full);
    expect(await accounts.find('ann')).toEqual(bare);
    expect(await accounts.find('Bo.Berg')).toEqual(full);
  });

  test('the hash of a password is replaced, provided that it is the one that was checked', async () => {
    const accounts = await create();
    const email = 'ann@example.org';
    await accounts.add(anAccount({ passwordHash: '$1$', email, fullName: 'Ann' }));
    const after = anAccount({ passwordHash: '$2$', email, fullName: 'Ann', generation: 1 });
    expect(await accounts.replaceHash('ann', { from: '$1$', to: '$2$' }, 1)).toEqual(after);
    expect(await accounts.replaceHash('ann', { from: '$1$', to: '$2$' }, 1)).toEqual(after);
    expect(await accounts.replaceHash('ann', { from: '$1$', to: '$3$' }, 1)).toBeUndefined();
    expect(await accounts.replaceHash('Ann', { from: '$2$', to: '$3$' }, 2)).toBeUndefined();
    expect(await accounts.find('ann')).toEqual(after);
    await accounts.update('ann', { fullName: null });
    expect(await accounts.find('ann')).toMatchObject({ passwordHash: '$2$', generation: 1 });
  });

  test('a user id is found to the letter, a user name in any case', async () => {
    const accounts = await create();
    await accounts.add(anAccount({ userId: 'Ann' }));
    expect(await accounts.find('ann')).toBeUndefined();
    expect((await accounts.findByUsername('aNN'))?.userId).toBe('Ann');
    expect(await accounts.findByUsername('anna')).toBeUndefined();
  });

  test.each(['', '/\\#?', "' or 1 eq 1", '\u0000', 'x'.repeat(300), '🙂', '\ud800', 'auth0|7'])(
    'nobody is found under %j',
    async (odd) => {
      const accounts = await create();
      await accounts.add(anAccount());
      expect(await accounts.find(odd)).toBeUndefined();
      expect(await accounts.findByUsername(odd)).toBeUndefined();
    },
  );

  test('a user name is taken in every case', async () => {
    const accounts = await create();
    const first = anAccount({ userId: 'Ann' });
    await accounts.add(first);
    await expect(accounts.add(anAccount({ userId: 'aNN' }))).rejects.toMatchObject({
      code: 'username-taken',
    });
    expect(await accounts.find('Ann')).toEqual(first);
  });

  test('an e-mail address is taken in every case, and its loser’s name stays free', async () => {
    const accounts = await create();
    await accounts.add(anAccount({ email: 'ann@example.org' }));
    const second = anAccount({ userId: 'bo1', email: 'Ann@EXAMPLE.org' });
    await expect(accounts.add(second)).rejects.toMatchObject({ code: 'email-taken' });
    expect(await accounts.find('bo1')).toBeUndefined();
    await accounts.add({ ...second, email: null });
    expect(await accounts.find('bo1')).toEqual({ ...second, email: null });
  });

  test('a taken name does not claim the address', async () => {
    const accounts = await create();
    await accounts.add(anAccount());
    await expect(accounts.add(anAccount({ email: 'ann@example.org' }))).rejects.toMatchObject({
      code: 'username-taken',
    });
    await accounts.add(anAccount({ userId: 'bo1', email: 'ann@example.org' }));
    expect((await accounts.find('bo1'))?.email).toBe('ann@example.org');
  });

  test('of many at once for one name exactly one is added', async () => {
    const accounts = await create();
    const all = Array.from({ length: 12 }, (_, i) => anAccount({ passwordHash: `$${i}$` }));
    const { added, codes } = await addAll(accounts, all);
    expect(added).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['username-taken']));
    expect(await accounts.find('ann')).toEqual(added[0]);
  });

  test('of many at once for one address no two are added', async () => {
    const accounts = await create();
    const all = Array.from({ length: 12 }, (_, i) =>
      anAccount({ userId: `user${i}`, email: 'we@example.org' }),
    );
    const { added, codes } = await addAll(accounts, all);
    expect(added).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['email-taken']));
    for (const account of all)
      expect(await accounts.find(account.userId)).toEqual(added.includes(account) ? account : undefined);
  });

  test('an account changes as a whole, and keeps what is not named', async () => {
    const accounts = await create();
    const before = anAccount({ email: 'ann@example.org', fullName: 'Ann' });
    await accounts.add(before);
    const after = { ...before, fullName: null, avatarUrl: 'https://example.org/a.png' };
    expect(await accounts.update('ann', { fullName: null, avatarUrl: after.avatarUrl })).toEqual({
      before,
      after,
    });
    expect(await accounts.find('ann')).toEqual(after);
    expect(await accounts.update('Ann', { fullName: 'x' })).toBeUndefined();
    expect(await accounts.update('nobody', { fullName: 'x' })).toBeUndefined();
  });

  test('a changed address is taken, and the old one free', async () => {
    const accounts = await create();
    await accounts.add(anAccount({ email: 'ann@example.org' }));
    await accounts.update('ann', { email: 'new@example.org' });
    const other = anAccount({ userId: 'bo1', email: 'NEW@example.org' });
    await expect(accounts.add(other)).rejects.toMatchObject({ code: 'email-taken' });
    await accounts.add({ ...other, email: 'ann@example.org' });
    await expect(accounts.update('ann', { email: 'Ann@example.org' })).rejects.toMatchObject({
      code: 'email-taken',
    });
    await accounts.update('ann', { email: 'New@example.org' }); // the same, written otherwise
    await accounts.update('ann', { email: null });
    await accounts.update('bo1', { email: 'new@example.org' });
    expect([(await accounts.find('ann'))?.email, (await accounts.find('bo1'))?.email]).toEqual([
      null,
      'new@example.org',
    ]);
  });

  test('of many who change to one address at once no two get it', async () => {
    const accounts = await create();
    const userIds = Array.from({ length: 6 }, (_, index) => `user${index}`);
    for (const userId of userIds) await accounts.add(anAccount({ userId }));
    await Promise.allSettled(userIds.map((userId) => accounts.update(userId, { email: 'we@example.org' })));
    const all = await Promise.all(userIds.map((userId) => accounts.find(userId)));
    expect(all.filter((account) => account?.email === 'we@example.org').length).toBeLessThanOrEqual(1);
  });

  test('an account that was erased is nobody’s, its address is free, its name is not', async () => {
    const accounts = await create();
    await accounts.add(anAccount({ userId: 'Ann', email: 'ann@example.org', fullName: 'Ann Ash' }));
    const forgotten: (string | null)[] = [];
    await accounts.erase('Ann', async (account) => {
      expect(await accounts.findByUsername('ann')).toBeUndefined(); // nobody logs in by now
      forgotten.push(account.fullName);
    });
    for (const userId of ['Ann', 'ann', 'nobody'])
      await accounts.erase(userId, ({ fullName }) => Promise.resolve(void forgotten.push(fullName)));
    expect(forgotten).toEqual(['Ann Ash']);
    expect(await accounts.find('Ann')).toBeUndefined();
    expect(await accounts.update('Ann', { fullName: 'x' })).toBeUndefined();
    await expect(accounts.add(anAccount({ userId: 'ANN' }))).rejects.toMatchObject({
      code: 'username-taken',
    });
    await accounts.add(anAccount({ userId: 'bo1', email: 'Ann@example.org' }));
  });

  test('the erasure of an account that stopped half way goes on', async () => {
    const accounts = await create();
    await accounts.add(anAccount({ email: 'ann@example.org', fullName: 'Ann Ash' }));
    const dies = accounts.erase('ann', () => Promise.reject(new Error('died')));
    await expect(dies).rejects.toThrow('died');
    expect(await accounts.findByUsername('ann')).toBeUndefined();
    const forgotten: (string | null)[] = [];
    await accounts.erase('ann', ({ fullName }) => Promise.resolve(void forgotten.push(fullName)));
    expect(forgotten).toEqual(['Ann Ash']);
    await accounts.add(anAccount({ userId: 'bo1', email: 'ann@example.org' }));
  });
};
