import type { Accounts } from '../../ports/accounts.ts';
import type { Directory } from '../../ports/directory.ts';
import { RecentlyUsed } from '../recently-used.ts';

/**
 * Users are those with a built-in account, whatever the case of their name. Nobody can be written to before there is an
 * account: whoever took the name later would read what was meant for somebody else.
 */
export class AccountDirectory implements Directory {
  readonly #accounts: Pick<Accounts, 'findByUsername'>;
  /** Accounts keep their ids, so what was found once stays true. */
  readonly #found = new RecentlyUsed<string>(50_000);

  constructor(accounts: Pick<Accounts, 'findByUsername'>) {
    this.#accounts = accounts;
  }

  async find(userId: string): Promise<string | undefined> {
    const known = this.#found.get(userId) ?? (await this.#accounts.findByUsername(userId))?.userId;
    if (known !== undefined) this.#found.set(userId, known);
    return known;
  }
}
