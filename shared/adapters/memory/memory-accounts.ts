import { foldEmail, foldUsername } from '../../domain/account.ts';
import {
  emailTaken,
  usernameTaken,
  type Account,
  type Accounts,
  type AccountUpdate,
} from '../../ports/accounts.ts';

/** Accounts of one process, gone when it ends. */
export class MemoryAccounts implements Accounts {
  readonly #byName = new Map<string, Account>();
  readonly #emails = new Set<string>();
  readonly #erased = new Map<string, Account | undefined>();

  add(account: Account): Promise<void> {
    const name = foldUsername(account.userId);
    const email = account.email === null ? undefined : foldEmail(account.email);
    if (this.#byName.has(name) || this.#erased.has(name)) return Promise.reject(usernameTaken());
    if (email !== undefined && this.#emails.has(email)) return Promise.reject(emailTaken());
    this.#byName.set(name, { ...account });
    if (email !== undefined) this.#emails.add(email);
    return Promise.resolve();
  }

  async update(
    userId: string,
    update: AccountUpdate,
  ): Promise<{ before: Account; after: Account } | undefined> {
    const before = await this.find(userId);
    if (!before) return undefined;
    const after = { ...before, ...update };
    const [old, next] = [before.email, after.email].map((email) =>
      email === null ? null : foldEmail(email),
    );
    if (next != null && next !== old && this.#emails.has(next)) throw emailTaken();
    if (old != null) this.#emails.delete(old);
    if (next != null) this.#emails.add(next);
    this.#byName.set(foldUsername(userId), after);
    return { before, after };
  }

  replaceHash(
    userId: string,
    { from, to }: { from: string; to: string },
    generation: number,
  ): Promise<Account | undefined> {
    const account = this.#byName.get(foldUsername(userId));
    if (account?.userId !== userId || ![from, to].includes(account.passwordHash))
      return Promise.resolve(undefined);
    const after = { ...account, passwordHash: to, generation };
    this.#byName.set(foldUsername(userId), after);
    return Promise.resolve({ ...after });
  }

  async find(userId: string): Promise<Account | undefined> {
    const account = await this.findByUsername(userId);
    return account?.userId === userId ? account : undefined;
  }

  findByUsername(username: string): Promise<Account | undefined> {
    const account = this.#byName.get(foldUsername(username));
    return Promise.resolve(account && { ...account });
  }

  async erase(userId: string, forget: (account: Account) => Promise<void>): Promise<void> {
    const name = foldUsername(userId);
    const account = (await this.find(userId)) ?? this.#erased.get(name);
    if (account?.userId !== userId) return;
    this.#byName.delete(name);
    this.#erased.set(name, account);
    await forget(account);
    if (account.email !== null) this.#emails.delete(foldEmail(account.email));
    this.#erased.set(name, undefined);
  }
}
