import { expect, it, vi } from 'vitest';
import { MemoryAccounts } from '../../../shared/adapters/memory/memory-accounts.ts';
import { AccountDirectory } from '../../../shared/adapters/tables/account-directory.ts';

const account = {
  passwordHash: 'h',
  email: null,
  fullName: null,
  avatarUrl: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  generation: 0,
};

it('knows users by their account, in any case, and nobody before there is one', async () => {
  const accounts = new MemoryAccounts();
  const directory = new AccountDirectory(accounts);
  expect(await directory.find('ann')).toBeUndefined();
  await accounts.add({ userId: 'Ann', ...account });
  expect(await directory.find('ann')).toBe('Ann');
  const find = vi.spyOn(accounts, 'findByUsername');
  expect(await directory.find('ann')).toBe('Ann');
  expect(find).not.toHaveBeenCalled();
});
