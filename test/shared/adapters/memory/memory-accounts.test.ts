import { describe } from 'vitest';
import { MemoryAccounts } from '../../../../shared/adapters/memory/memory-accounts.ts';
import { accountsSuite } from '../../ports/accounts-suite.ts';

describe('accounts in memory', () => {
  accountsSuite(() => Promise.resolve(new MemoryAccounts()));
});
