import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { foldEmail } from '../../domain/account.ts';
import { ChatError } from '../../domain/errors.ts';
import {
  emailTaken,
  usernameTaken,
  type Account,
  type Accounts,
  type AccountUpdate,
} from '../../ports/accounts.ts';
import { guard, isStatus, tooContended } from './errors.ts';
import { encodeKey } from './keys.ts';
import { findRow, type Tables } from './tables.ts';
import { userPartition } from './user-partition.ts';

/** The account, in a partition of its user name; being there once is what makes the name unique. */
interface AccountRow {
  partitionKey: string;
  rowKey: string;
  /** Names one attempt to register, so that rows of different attempts for one name can be told apart. */
  registrationId: string;
  /**
   * `pending` until every claim is held; to everybody else such an account does not exist. `erased`: nobody's, for ever, so
   * that nobody comes into the place that its user had with others.
   */
  state: 'pending' | 'active' | 'erased';
  userId: string;
  passwordHash: string;
  createdAt: string;
  email?: string;
  fullName?: string;
  avatarUrl?: string;
  /** Absent in accounts whose password was never changed. */
  generation?: number;
}

/** The claim on an e-mail address, in a partition of it. It holds only while its account row does. */
interface ClaimRow {
  partitionKey: string;
  rowKey: string;
  registrationId: string;
  /** Partition of the account row that claims. */
  account: string;
}

const accountKey = (username: string) => ({
  partitionKey: userPartition(username),
  rowKey: 'account',
});
const claimKey = (email: string) => ({
  partitionKey: `email|${encodeKey(foldEmail(email))}`,
  rowKey: 'claim',
});

/** More than enough for anything but a fight over one name in which nobody ever wins. */
const maxAttempts = 10;

const rowOf = (account: Account, state: AccountRow['state']): AccountRow => ({
  ...accountKey(account.userId),
  registrationId: randomUUID(),
  state,
  userId: account.userId,
  passwordHash: account.passwordHash,
  createdAt: account.createdAt,
  ...(account.email !== null && { email: account.email }),
  ...(account.fullName !== null && { fullName: account.fullName }),
  ...(account.avatarUrl !== null && { avatarUrl: account.avatarUrl }),
  ...(account.generation > 0 && { generation: account.generation }),
});

/** The row of the same registration with something changed. */
const rowWith = (row: AccountRow, change: Partial<Account>): AccountRow => ({
  ...rowOf({ ...accountOf(row), ...change }, row.state),
  registrationId: row.registrationId,
});

const hasEmail = ({ email }: AccountRow, claim: ClaimRow): boolean =>
  email !== undefined && claimKey(email).partitionKey === claim.partitionKey;

const accountOf = (row: AccountRow): Account => ({
  userId: row.userId,
  passwordHash: row.passwordHash,
  email: row.email ?? null,
  fullName: row.fullName ?? null,
  avatarUrl: row.avatarUrl ?? null,
  createdAt: row.createdAt,
  generation: row.generation ?? 0,
});

/**
 * Built-in accounts in the table `Users`.
 *
 * A name and an e-mail address live in different partitions (one partition for all accounts would not scale), so no
 * transaction spans them. Instead one conditional write decides:
 *
 * 1. insert the account row as `pending` – this claims the name;
 * 2. insert the claim row of the address, which names the account row and this attempt;
 * 3. make the account row `active`, provided that nobody has touched it since step 1.
 *
 * Without an address the row is inserted `active` at once. Whoever meets a row of an attempt that is not `active` may
 * take its place, but must first destroy that attempt's account row under its ETag: from then on its step 3 fails.
 * So an attempt that succeeds holds both, two attempts never both succeed, and one that died between any two steps
 * leaves nothing that the next one could not take at once. Every write carries the attempt's id, so a write whose
 * answer was lost is recognised as done when it is repeated.
 *
 * A change of address goes the same way: claim the new one in the account's name, then write the account under its ETag,
 * then let go of the old one. A claim whose account has another address is not held: whoever wants it touches that account
 * first, so that a change that is still under way begins anew and finds it gone.
 */
export class TableAccounts implements Accounts {
  readonly #table: TableClient;

  constructor({ users }: Pick<Tables, 'users'>) {
    this.#table = users;
  }

  async find(userId: string): Promise<Account | undefined> {
    const account = await this.findByUsername(userId);
    return account?.userId === userId ? account : undefined;
  }

  async findByUsername(username: string): Promise<Account | undefined> {
    const row = await this.#read<AccountRow>(accountKey(username));
    return row?.state === 'active' ? accountOf(row) : undefined;
  }

  async add(account: Account): Promise<void> {
    const row = rowOf(account, account.email === null ? 'active' : 'pending');
    const etag = await this.#claimName(row);
    if (account.email === null) return;
    await this.#claimEmail({
      ...claimKey(account.email),
      registrationId: row.registrationId,
      account: row.partitionKey,
    }).catch(async (error: unknown) => {
      if (error instanceof ChatError && error.code === 'email-taken') await this.#delete(row, etag);
      throw error;
    });
    await this.#activate(row, etag);
  }

  async update(
    userId: string,
    update: AccountUpdate,
  ): Promise<{ before: Account; after: Account } | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const row = await this.#read<AccountRow>(accountKey(userId));
      if (row?.state !== 'active' || row.userId !== userId) return undefined;
      const before = accountOf(row);
      const after = { ...before, ...update };
      const claims = (email: string): ClaimRow => ({
        ...claimKey(email),
        registrationId: row.registrationId,
        account: row.partitionKey,
      });
      const isSame = (email: string): boolean =>
        after.email !== null && foldEmail(after.email) === foldEmail(email);
      if (after.email !== null && !(before.email !== null && isSame(before.email)))
        await this.#claimEmail(claims(after.email));
      if ((await this.#replace(rowWith(row, after), row.etag)) === undefined) continue;
      if (before.email !== null && !isSame(before.email)) await this.#release(claims(before.email));
      return { before, after };
    }
    throw tooContended('The account');
  }

  async replaceHash(
    userId: string,
    { from, to }: { from: string; to: string },
    generation: number,
  ): Promise<Account | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const row = await this.#read<AccountRow>(accountKey(userId));
      if (row?.state !== 'active' || row.userId !== userId) return undefined;
      const after = rowWith(row, { passwordHash: to, generation });
      // A hash has a salt of its own: one that is there already is of a first try whose answer was lost.
      if (row.passwordHash === to) return accountOf(after);
      if (row.passwordHash !== from) return undefined;
      if ((await this.#replace(after, row.etag)) !== undefined) return accountOf(after);
    }
    throw tooContended('The account');
  }

  async erase(userId: string, forget: (account: Account) => Promise<void>): Promise<void> {
    const key = accountKey(userId);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const row = await this.#read<AccountRow>(key);
      if (!row || row.state === 'pending' || row.userId !== userId) return; // there is none, or nothing left of it
      const ended: AccountRow = { ...rowWith(row, { passwordHash: '' }), state: 'erased' };
      const etag = row.state === 'erased' ? row.etag : await this.#replace(ended, row.etag);
      if (etag === undefined) continue; // it was changed at this moment
      await forget(accountOf(row));
      const { registrationId, email } = row;
      if (email !== undefined)
        await this.#release({ ...claimKey(email), registrationId, account: row.partitionKey });
      const rest = { ...key, registrationId, state: 'erased' as const };
      if ((await this.#replace({ ...rest, userId: '', passwordHash: '', createdAt: '' }, etag)) !== undefined)
        return;
    }
    throw tooContended('The account');
  }

  /** Lets go of a claim of this account; one that another has taken meanwhile is left alone. */
  async #release(claim: ClaimRow): Promise<void> {
    const found = await this.#read<ClaimRow>(claim);
    if (found?.registrationId === claim.registrationId) await this.#delete(found, found.etag);
  }

  /** Step 1. @returns the ETag of the account row */
  async #claimName(row: AccountRow): Promise<string> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const inserted = await this.#insert(row);
      if (inserted !== undefined) return inserted;
      const found = await this.#read<AccountRow>(row);
      if (found?.registrationId === row.registrationId) return found.etag;
      if (found?.state === 'active' || found?.state === 'erased') throw usernameTaken();
      const replaced = found && (await this.#replace(row, found.etag));
      if (replaced !== undefined) return replaced;
    }
    throw usernameTaken();
  }

  /** Step 2. */
  async #claimEmail(claim: ClaimRow): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if ((await this.#insert(claim)) !== undefined) return;
      const found = await this.#read<ClaimRow>(claim);
      if (found?.registrationId === claim.registrationId) return;
      if (!found || !(await this.#destroyHolder(found))) continue;
      if ((await this.#replace(claim, found.etag)) !== undefined) return;
    }
    throw emailTaken();
  }

  /**
   * Makes sure that the attempt which made a claim can never become an account. @returns false to look again
   * @throws ChatError `email-taken` when it is one already
   */
  async #destroyHolder(claim: ClaimRow): Promise<boolean> {
    const holder = await this.#read<AccountRow>({ partitionKey: claim.account, rowKey: 'account' });
    if (holder?.registrationId !== claim.registrationId) return true;
    if (holder.state === 'active') {
      if (hasEmail(holder, claim)) throw emailTaken();
      return (await this.#replace(rowWith(holder, {}), holder.etag)) !== undefined;
    }
    return holder.state === 'erased' || this.#delete(holder, holder.etag);
  }

  /** Step 3. */
  async #activate(row: AccountRow, etag: string): Promise<void> {
    if ((await this.#replace({ ...row, state: 'active' }, etag)) !== undefined) return;
    const found = await this.#read<AccountRow>(row);
    if (found?.registrationId === row.registrationId && found.state === 'active') return;
    // Another attempt, for the same name or the same address, was faster.
    throw found && found.registrationId !== row.registrationId ? usernameTaken() : emailTaken();
  }

  #read<T extends object>(key: { partitionKey: string; rowKey: string }) {
    return findRow<T>(this.#table, key.partitionKey, key.rowKey);
  }

  /** @returns the row's ETag; undefined when there is a row already */
  async #insert(row: AccountRow | ClaimRow): Promise<string | undefined> {
    try {
      return (await guard(() => this.#table.createEntity(row))).etag ?? '';
    } catch (error) {
      if (isStatus(error, 409)) return undefined;
      throw error;
    }
  }

  /** @returns the row's new ETag; undefined when the row is no longer the one with this ETag */
  async #replace(row: AccountRow | ClaimRow, etag: string): Promise<string | undefined> {
    try {
      return (await guard(() => this.#table.updateEntity(row, 'Replace', { etag }))).etag ?? '';
    } catch (error) {
      if (isStatus(error, 404, 412)) return undefined;
      throw error;
    }
  }

  /** @returns whether it was there with this ETag */
  async #delete(row: { partitionKey: string; rowKey: string }, etag: string): Promise<boolean> {
    try {
      await guard(() => this.#table.deleteEntity(row.partitionKey, row.rowKey, { etag }));
      return true;
    } catch (error) {
      if (isStatus(error, 404, 412)) return false;
      throw error;
    }
  }
}
