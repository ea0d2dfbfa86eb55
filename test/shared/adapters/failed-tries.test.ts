import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryFailedTries } from '../../../shared/adapters/memory/memory-failed-tries.ts';
import { TableFailedTries } from '../../../shared/adapters/tables/table-failed-tries.ts';
import { TableRateBuckets } from '../../../shared/adapters/tables/table-rate-buckets.ts';
import type { FailedTries } from '../../../shared/ports/failed-tries.ts';
import { ownTables } from '../../support/own-tables.ts';

const { tables } = ownTables();

const noon = new Date('2026-01-01T12:00:00.000Z');
const after = (ms: number): Date => new Date(noon.getTime() + ms);
const hour = 3_600_000;

/** Two instances that count together. */
const adapters: [string, () => [FailedTries, FailedTries]][] = [
  [
    'in memory',
    () => {
      const tries = new MemoryFailedTries();
      return [tries, tries];
    },
  ],
  ['in Table Storage', () => [new TableFailedTries(tables), new TableFailedTries(tables)]],
];

describe.each(adapters)('what was tried in vain, %s,', (_, open) => {
  const anAccount = () => {
    const [one, other] = open();
    return { one, other, key: `["ann ' / ü ${randomUUID()}"]` };
  };
  const addTo = async (tries: FailedTries, key: string, now = noon): Promise<boolean> =>
    tries.add(key, await tries.find(key, now), now);

  it('is counted for all instances, each key by itself', async () => {
    const { one, other, key } = anAccount();
    expect(await one.find(key, noon)).toMatchObject({ count: 0 });
    expect(await addTo(one, key)).toBe(true);
    expect(await addTo(other, key, after(1000))).toBe(true);
    expect(await one.find(key, after(2000))).toMatchObject({ count: 2, at: after(1000).getTime() });
    expect(await one.find(`${key} `, noon)).toMatchObject({ count: 0 });
  });

  it('is counted once of several who have seen the same', async () => {
    const { one, other, key } = anAccount();
    for (const count of [0, 1]) {
      const seen = await Promise.all([one, other, one, other].map((tries) => tries.find(key, noon)));
      expect(seen.map((tries) => tries.count)).toEqual([count, count, count, count]);
      const added = await Promise.all(
        seen.map((tries, index) => (index % 2 ? one : other).add(key, tries, noon)),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
    }
    expect(await one.find(key, noon)).toMatchObject({ count: 2 });
  });

  it('is forgotten at once when it is to be, and after an hour of quiet', async () => {
    const { one, other, key } = anAccount();
    await addTo(one, key);
    await other.forget(key);
    await other.forget(key);
    expect(await one.find(key, noon)).toMatchObject({ count: 0 });
    await addTo(one, key);
    await addTo(one, key, after(hour));
    expect(await one.find(key, after(2 * hour))).toMatchObject({ count: 2 });
    expect(await one.find(key, after(2 * hour + 1))).toMatchObject({ count: 0 });
    expect(await addTo(other, key, after(2 * hour + 1))).toBe(true);
    expect(await one.find(key, after(2 * hour + 1))).toMatchObject({ count: 1 });
  });
});

describe('in the table', () => {
  const rows = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const row of tables.rateLimits.listEntities()) keys.push(JSON.stringify(row));
    return keys;
  };

  it('no name and no address is told, and rows go when they say nothing any more', async () => {
    const tries = new TableFailedTries(tables);
    const buckets = new TableRateBuckets(tables);
    const year = 365 * 24 * hour;
    /** As the timer does: every shard once. */
    const sweep = async (now: Date): Promise<void> => {
      for (let minutes = 15; minutes >= 0; minutes--)
        await buckets.forgetFull(new Date(now.getTime() - minutes * 60_000));
    };
    await sweep(after(year));
    expect(await rows()).toEqual([]);
    await tries.add('["ann","192.0.2.1"]', { count: 0, at: 0 }, after(2 * year));
    expect(await rows()).toHaveLength(2); // with a note of when to look
    expect((await rows()).join()).not.toMatch(/ann"|192\.0\.2/);
    await sweep(after(2 * year + 0.5 * hour));
    expect(await rows()).toHaveLength(2);
    for (const hours of [1.5, 3, 4.5]) await sweep(after(2 * year + hours * hour));
    expect(await rows()).toEqual([]);
  });
});

it('in memory, no more keys are remembered than may be', async () => {
  const tries = new MemoryFailedTries(2);
  for (const key of ['a', 'b', 'c']) await tries.add(key, { count: 0, at: 0 }, noon);
  const counts = await Promise.all(['a', 'b', 'c'].map(async (key) => (await tries.find(key, noon)).count));
  expect(counts).toEqual([0, 1, 1]);
});
