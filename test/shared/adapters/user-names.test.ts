import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryUserNames } from '../../../shared/adapters/memory/memory-user-names.ts';
import { TableUserNames } from '../../../shared/adapters/tables/table-user-names.ts';
import type { NameEntry, UserNames } from '../../../shared/ports/user-names.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);

afterAll(() => azurite.stop());

const anEmptyTable = async (): Promise<TableClient> => {
  const name = `UserNames${randomUUID().replaceAll('-', '')}`;
  const table = TableClient.fromConnectionString(azurite.tables, name, { allowInsecureConnection: true });
  await table.createTable();
  return table;
};

describe.each<[string, () => Promise<UserNames>]>([
  ['in memory', () => Promise.resolve(new MemoryUserNames())],
  ['in Table Storage', async () => new TableUserNames({ userNames: await anEmptyTable() })],
])('names of users %s', (_, open) => {
  const usersOf = (entries: NameEntry[]): string[] => entries.map(({ userId }) => userId);

  it('are found by their beginning, whatever it is made of, in order', async () => {
    const names = await open();
    await names.put('u1', ['ann lee', 'lee']);
    await names.put('u2', ['anna']);
    await names.put('u3', ['an']);
    await names.put('u4', ["b/\\#?%'", '李小龙', '🙂']);
    await names.put('u5', ['x'.repeat(40)]);
    expect(await names.find('an', 10, undefined)).toEqual([
      { key: 'an', userId: 'u3' },
      { key: 'ann lee', userId: 'u1' },
      { key: 'anna', userId: 'u2' },
    ]);
    for (const prefix of ['b/\\', '李小', '🙂'])
      expect(usersOf(await names.find(prefix, 10, undefined))).toEqual(['u4']);
    expect(usersOf(await names.find('x'.repeat(40), 10, undefined))).toEqual(['u5']);
    expect(await names.find("a' or '1' eq '1", 10, undefined)).toEqual([]);
    expect(await names.find('anne', 10, undefined)).toEqual([]);
  });

  it('that several have are found page by page', async () => {
    const names = await open();
    for (const userId of ['c', 'a', 'b', 'A']) await names.put(userId, ['ann']);
    const seen: string[] = [];
    for (let after: NameEntry | undefined; ;) {
      const page = await names.find('a', 2, after);
      if (page.length === 0) break;
      seen.push(...usersOf(page));
      after = page.at(-1);
    }
    expect(seen).toEqual(['A', 'a', 'b', 'c']);
  });

  it('are put once and removed once, however often', async () => {
    const names = await open();
    for (let repeat = 0; repeat < 2; repeat++) await names.put('u1', ['ann', 'lee']);
    expect(await names.find('a', 10, undefined)).toHaveLength(1);
    for (let repeat = 0; repeat < 2; repeat++) await names.remove('u1', ['ann']);
    expect(await names.find('a', 10, undefined)).toEqual([]);
    expect(usersOf(await names.find('lee', 10, undefined))).toEqual(['u1']);
  });
});
