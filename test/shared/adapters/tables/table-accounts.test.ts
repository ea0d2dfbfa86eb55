import { randomUUID } from 'node:crypto';
import { RestError, TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TableAccounts } from '../../../../shared/adapters/tables/table-accounts.ts';
import { type Azurite, startAzurite } from '../../../support/azurite.ts';
import { accountsSuite, addAll, anAccount } from '../../ports/accounts-suite.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);
afterAll(() => azurite.stop());

const aTable = async (): Promise<TableClient> => {
  const table = TableClient.fromConnectionString(azurite.tables, `Users${randomUUID().replaceAll('-', '')}`, {
    allowInsecureConnection: true,
  });
  await table.createTable();
  return table;
};

const accountsIn = (users: TableClient): TableAccounts => new TableAccounts({ users });

describe('accounts in a table', () => {
  accountsSuite(async () => accountsIn(await aTable()));
});

type Write = 'createEntity' | 'updateEntity' | 'deleteEntity';
const isWrite = (name: PropertyKey): name is Write =>
  name === 'createEntity' || name === 'updateEntity' || name === 'deleteEntity';

/** The same table, with something in the way of its writes. @param around is given the number of the write, from 1 */
const obstructed = (
  table: TableClient,
  around: (count: number, write: () => Promise<unknown>) => Promise<unknown>,
): TableClient => {
  let count = 0;
  return new Proxy(table, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      const call = method.bind(target) as (...args: unknown[]) => Promise<unknown>;
      return isWrite(name) ? (...args: unknown[]) => around(++count, () => call(...args)) : call;
    },
  });
};

/** Writes fail from the given one on, as if the process had died before it. */
const dyingBefore = (table: TableClient, last: number): TableClient =>
  obstructed(table, (count, write) => (count < last ? write() : Promise.reject(new Error('died'))));

const withEmail = anAccount({ email: 'ann@example.org' });
const writesPerRegistration = 3;

describe('a registration that dies halfway', () => {
  for (let last = 1; last <= writesPerRegistration; last++) {
    test(`before write ${last} leaves no account, and neither name nor address taken`, async () => {
      const table = await aTable();
      await expect(accountsIn(dyingBefore(table, last)).add(withEmail)).rejects.toThrow('died');
      const accounts = accountsIn(table);
      expect(await accounts.find('ann')).toBeUndefined();

      const sameAddress = anAccount({ userId: 'bo1', email: 'ann@example.org' });
      await accounts.add(sameAddress);
      const sameName = anAccount({ passwordHash: '$other$' });
      await accounts.add(sameName);
      expect(await accounts.find('bo1')).toEqual(sameAddress);
      expect(await accounts.find('ann')).toEqual(sameName);
    });

    test(`before write ${last} can simply be tried again`, async () => {
      const table = await aTable();
      await expect(accountsIn(dyingBefore(table, last)).add(withEmail)).rejects.toThrow('died');
      await accountsIn(table).add(withEmail);
      expect(await accountsIn(table).find('ann')).toEqual(withEmail);
    });
  }

  test('after its last write is complete', async () => {
    const table = await aTable();
    await accountsIn(dyingBefore(table, writesPerRegistration + 1)).add(withEmail);
    expect(await accountsIn(table).find('ann')).toEqual(withEmail);
  });
});

describe('a slow registration', () => {
  // The first stops before each of its writes in turn, and goes on when the second is through.
  for (const [what, rival, code] of [
    ['name', anAccount({ passwordHash: '$rival$', email: 'rival@example.org' }), 'username-taken'],
    ['address', anAccount({ userId: 'bo1', email: 'ann@example.org' }), 'email-taken'],
  ] as const) {
    for (let stop = 1; stop <= writesPerRegistration; stop++) {
      test(`that stops before write ${stop} loses its ${what} to a faster one, and only one is added`, async () => {
        const table = await aTable();
        const stopped = Promise.withResolvers<undefined>();
        const goOn = Promise.withResolvers<undefined>();
        const slow = accountsIn(
          obstructed(table, async (count, write) => {
            if (count === stop) {
              stopped.resolve(undefined);
              await goOn.promise;
            }
            return write();
          }),
        );
        const slowly = slow.add(withEmail).then(
          () => 'added',
          (error: unknown) => (error as { code?: unknown }).code,
        );
        await stopped.promise;
        const accounts = accountsIn(table);
        await accounts.add(rival);
        goOn.resolve(undefined);
        expect(await slowly).toBe(code);
        expect(await accounts.find(rival.userId)).toEqual(rival);
        if (rival.userId !== 'ann') expect(await accounts.find('ann')).toBeUndefined();
      });
    }
  }

  test('never lets two share a name or an address, however they interleave', async () => {
    const table = await aTable();
    const all = Array.from({ length: 24 }, (_, i) =>
      anAccount({ userId: `user${i % 6}`, email: `e${i % 4}@example.org`, passwordHash: `$${i}$` }),
    );
    const { added, codes } = await addAll(accountsIn(table), all);
    expect(added.length).toBeGreaterThan(0);
    expect(new Set(added.map(({ userId }) => userId)).size).toBe(added.length);
    expect(new Set(added.map(({ email }) => email)).size).toBe(added.length);
    expect(codes.every((code) => code === 'username-taken' || code === 'email-taken')).toBe(true);
    const accounts = accountsIn(table);
    for (const account of added) expect(await accounts.find(account.userId)).toEqual(account);
  });
});

describe('a write whose answer is lost', () => {
  const writes = Array.from({ length: writesPerRegistration }, (_, i) => [i + 1, withEmail] as const);

  test.each([...writes, [1, anAccount()] as const])(
    'and that is repeated counts once (write %i)',
    async (lost, account) => {
      const table = await aTable();
      // What the SDK does after a connection broke: the same write again, which now meets its own row.
      const accounts = accountsIn(
        obstructed(table, async (count, write) => {
          if (count === lost) await write();
          return write();
        }),
      );
      await accounts.add(account);
      expect(await accounts.find('ann')).toEqual(account);
    },
  );
});

test('an attempt that is refused leaves no row behind', async () => {
  const table = await aTable();
  const accounts = accountsIn(table);
  await accounts.add(withEmail);
  const second = anAccount({ userId: 'bo1', email: 'ann@example.org' });
  await expect(accounts.add(second)).rejects.toMatchObject({ code: 'email-taken' });
  const partitions: (string | undefined)[] = [];
  for await (const { partitionKey } of table.listEntities()) partitions.push(partitionKey);
  expect(partitions.sort()).toEqual(['email|ann@example.org', 'name|ann']);
});

test('storage that is away makes accounts unavailable', async () => {
  const away = () => Promise.reject(new RestError('busy', { statusCode: 503 }));
  const accounts = accountsIn(obstructed(await aTable(), away));
  await expect(accounts.add(withEmail)).rejects.toMatchObject({ code: 'unavailable' });
});

describe('a change of address', () => {
  const elsewhere = { email: 'new@example.org' };

  test('that dies halfway changes nothing, takes nothing, and can be tried again', async () => {
    for (let last = 1; last <= 2; last++) {
      const table = await aTable();
      await accountsIn(table).add(withEmail);
      await expect(accountsIn(dyingBefore(table, last)).update('ann', elsewhere)).rejects.toThrow('died');
      const accounts = accountsIn(table);
      expect(await accounts.find('ann')).toEqual(withEmail);
      const bo = anAccount({ userId: 'bo1', ...elsewhere });
      if (last === 1) await accounts.update('ann', elsewhere);
      else await accounts.add(bo); // the claim that was left is nobody's
      expect((await accounts.find('ann'))?.email).toBe(last === 1 ? elsewhere.email : withEmail.email);
    }
  });

  test('that died before its end has set nothing free for two', async () => {
    const table = await aTable();
    await accountsIn(table).add(withEmail);
    await expect(accountsIn(dyingBefore(table, 3)).update('ann', elsewhere)).rejects.toThrow('died');
    const accounts = accountsIn(table);
    expect((await accounts.find('ann'))?.email).toBe(elsewhere.email);
    await accounts.add(anAccount({ userId: 'bo1', email: 'ann@example.org' })); // its claim was left, and is nobody's
    await expect(accounts.add(anAccount({ userId: 'cy1', ...elsewhere }))).rejects.toMatchObject({
      code: 'email-taken',
    });
  });

  test('that is overtaken after its claim finds the address taken', async () => {
    const table = await aTable();
    await accountsIn(table).add(withEmail);
    const bo = anAccount({ userId: 'bo1', ...elsewhere });
    let isOvertaken = false;
    const slow = accountsIn(
      obstructed(table, async (count, write) => {
        if (count === 2 && !isOvertaken) {
          isOvertaken = true;
          await accountsIn(table).add(bo);
        }
        return write();
      }),
    );
    await expect(slow.update('ann', elsewhere)).rejects.toMatchObject({ code: 'email-taken' });
    const accounts = accountsIn(table);
    expect([await accounts.find('ann'), await accounts.find('bo1')]).toEqual([withEmail, bo]);
  });
});
