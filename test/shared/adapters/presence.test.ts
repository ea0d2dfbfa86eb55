import type { TableClient } from '@azure/data-tables';
import { describe, expect, it, vi } from 'vitest';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { TablePresence } from '../../../shared/adapters/tables/table-presence.ts';
import type { Presence } from '../../../shared/ports/presence.ts';
import { openTable } from '../../support/azurite.ts';
import { aUser } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';
import { ownTables } from '../../support/own-tables.ts';

const { azurite, tables } = ownTables();
const noon = new Date('2026-01-01T12:00:00.000Z');

let tableCount = 0;

const anEmptyTable = async (): Promise<TableClient> => {
  const table = openTable(azurite)(`Presence${tableCount++}`);
  await table.createTable();
  return table;
};

describe.each<[string, () => Presence]>([
  ['in memory', () => new MemoryPresence()],
  ['in Table Storage', () => new TablePresence(tables, new FakeTimer())],
])('presence %s', (_, open) => {
  it('is online as long as any device is connected', async () => {
    const presence = open();
    const ann = aUser('ann|with/odd#chars?');
    expect(await presence.isOnline(ann, 'cached')).toBe(false);
    await presence.connected(ann, `${ann}-1`, noon);
    await presence.connected(ann, `${ann}-2`, noon);
    expect(await presence.isOnline(ann, 'cached')).toBe(true);
    await presence.disconnected(ann, `${ann}-1`, noon);
    expect(await presence.isOnline(ann, 'cached')).toBe(true);
    await presence.disconnected(ann, `${ann}-2`, noon);
    expect(await presence.isOnline(ann, 'cached')).toBe(false);
  });

  it('is forgotten as a whole, and of one user only', async () => {
    const presence = open();
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    for (const user of [ann, bo]) {
      await presence.connected(user, `${user}-1`, noon);
      await presence.connected(user, `${user}-2`, noon);
      await presence.disconnected(user, `${user}-1`, noon);
      await presence.noteTold(user, true);
    }
    for (let repeat = 0; repeat < 2; repeat++) await presence.erase(ann);
    const nothing = { connections: [], online: false, lastSeenAt: null, isToldOnline: false };
    expect(await presence.standing(ann, 'cached')).toEqual(nothing);
    expect(await presence.standing(bo, 'now')).toMatchObject({
      connections: [`${bo}-2`],
      isToldOnline: true,
    });
  });

  it('is not brought back by a beginning that comes after its end, nor changed by repeats', async () => {
    const presence = open();
    const ann = aUser('ann');
    await presence.disconnected(ann, `${ann}-1`, noon);
    await presence.connected(ann, `${ann}-1`, noon);
    expect(await presence.isOnline(ann, 'now')).toBe(false);
    await presence.connected(ann, `${ann}-2`, noon);
    await presence.connected(ann, `${ann}-2`, noon);
    expect(await presence.isOnline(ann, 'now')).toBe(true);
    await presence.disconnected(ann, `${ann}-2`, noon);
    await presence.disconnected(ann, `${ann}-2`, noon);
    expect(await presence.isOnline(ann, 'now')).toBe(false);
  });
});

describe.each<[string, () => Promise<Presence>]>([
  ['in memory', () => Promise.resolve(new MemoryPresence())],
  ['in Table Storage', async () => new TablePresence({ presence: await anEmptyTable() }, new FakeTimer())],
])('leases %s', (_, open) => {
  const expired = async (presence: Presence, at: Date) =>
    (await Array.fromAsync(presence.expired(at))).flat();
  const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);

  it('are not looked at before their time, and again a lease later', async () => {
    const presence = await open();
    await presence.connected('ann', 'a1', noon);
    await presence.connected('bo', 'b1', after(5));
    expect(await expired(presence, after(29))).toEqual([]);
    const [lease, ...others] = await expired(presence, after(30));
    expect(lease).toEqual({
      userId: 'ann',
      connectionId: 'a1',
      dueAt: after(30),
      isEndMark: false,
      isMissing: false,
    });
    expect(others).toEqual([]);
    for (let repeat = 0; repeat < 2; repeat++) if (lease) await presence.renew([lease], after(30));
    expect(await expired(presence, after(34))).toEqual([]);
    expect(await expired(presence, after(59))).toMatchObject([{ connectionId: 'b1' }]);
    expect((await expired(presence, after(60))).map(({ connectionId }) => connectionId)).toEqual([
      'b1',
      'a1',
    ]);
    expect(await presence.isOnline('ann', 'now')).toBe(true);
  });

  it('that are doubted are looked at soon again; those that ended are forgotten', async () => {
    const presence = await open();
    await presence.connected('ann', 'a1', noon);
    await presence.connected('ann', 'a2', after(1));
    await presence.doubt(await expired(presence, after(30)), after(30));
    expect(await presence.isOnline('ann', 'now')).toBe(true);
    expect(await expired(presence, after(31))).toMatchObject([{ connectionId: 'a2', isMissing: false }]);
    const again = (await expired(presence, after(32))).filter(({ isMissing }) => isMissing);
    expect(again).toMatchObject([{ connectionId: 'a1', dueAt: after(32) }]);
    await presence.end(again, noon);
    await presence.end(again, noon);
    expect((await presence.standing('ann', 'now')).connections).toEqual(['a2']);
    expect(await expired(presence, after(32))).toMatchObject([{ connectionId: 'a2' }]);
  });

  it('end with their connection; only an end that came first leaves a mark, for ten minutes', async () => {
    const presence = await open();
    await presence.connected('ann', 'a1', noon);
    await presence.disconnected('ann', 'a1', after(1));
    expect(await expired(presence, after(1000))).toEqual([]);
    await presence.disconnected('ann', 'a2', noon);
    expect(await expired(presence, after(9))).toEqual([]);
    const marks = await expired(presence, after(10));
    expect(marks).toMatchObject([{ connectionId: 'a2', isEndMark: true }]);
    await presence.end(marks, noon);
    expect(await expired(presence, after(1000))).toEqual([]);
  });

  it('are many: all are found, renewed and ended', async () => {
    const presence = await open();
    const ids = Array.from({ length: 1200 }, (__, index) => `c${index}`);
    for (let start = 0; start < ids.length; start += 50)
      await Promise.all(ids.slice(start, start + 50).map((id) => presence.connected(`user-${id}`, id, noon)));
    const leases = await expired(presence, after(30));
    expect(new Set(leases.map(({ connectionId }) => connectionId))).toEqual(new Set(ids));
    const [first] = leases;
    if (first) await presence.end([first], noon); // another instance was faster
    await presence.end(leases.slice(0, 600), noon);
    await presence.renew(leases.slice(600), after(30));
    expect(await expired(presence, after(59))).toEqual([]);
    expect(await expired(presence, after(60))).toHaveLength(600);
    expect(await presence.isOnline(leases[0]?.userId ?? '', 'now')).toBe(false);
    expect(await presence.isOnline(leases[600]?.userId ?? '', 'now')).toBe(true);
  }, 60_000);

  it('name a user’s connections, oldest first', async () => {
    const presence = await open();
    for (const [index, id] of ['z', 'a', 'm'].entries()) await presence.connected('ann', id, after(index));
    await presence.disconnected('ann', 'ended-first', noon);
    expect((await presence.standing('ann', 'now')).connections).toEqual(['z', 'a', 'm']);
    expect((await presence.standing('bo', 'now')).connections).toEqual([]);
  });
});

describe.each<[string, () => Presence]>([
  ['in memory', () => new MemoryPresence()],
  ['in Table Storage', () => new TablePresence(tables, new FakeTimer())],
])('when a user was last seen, %s', (_, open) => {
  const at = (minute: number) => new Date(noon.getTime() + minute * 60_000);

  it('is when the last device went, and nothing while one is there', async () => {
    const presence = open();
    const ann = aUser('ann|with/odd#chars?');
    const seen = async () => {
      const { online, lastSeenAt } = await presence.standing(ann, 'now');
      return [online, lastSeenAt];
    };
    expect(await seen()).toEqual([false, null]);
    await presence.connected(ann, `${ann}-1`, at(0));
    await presence.connected(ann, `${ann}-2`, at(1));
    await presence.disconnected(ann, `${ann}-1`, at(2));
    expect(await seen()).toEqual([true, null]);
    await presence.disconnected(ann, `${ann}-2`, at(3));
    expect(await seen()).toEqual([false, at(3).toISOString()]);
    await presence.connected(ann, `${ann}-3`, at(4));
    expect(await seen()).toEqual([true, null]);
  });

  it('is not moved by an end that is told again, or comes before its beginning', async () => {
    const presence = open();
    const ann = aUser('ann');
    await presence.connected(ann, `${ann}-1`, at(0));
    await presence.disconnected(ann, `${ann}-1`, at(1));
    await presence.disconnected(ann, `${ann}-1`, at(2));
    await presence.disconnected(ann, `${ann}-2`, at(3));
    await presence.connected(ann, `${ann}-2`, at(3));
    const marks = (await Array.fromAsync(presence.expired(at(20)))).flat();
    await presence.end(
      marks.filter(({ userId }) => userId === ann),
      at(20),
    );
    expect(await presence.standing(ann, 'now')).toMatchObject({
      online: false,
      lastSeenAt: at(1).toISOString(),
    });
  });

  it('is when the look after connections found the last one gone', async () => {
    const presence = open();
    const ann = aUser('ann');
    await presence.connected(ann, `${ann}-1`, at(0));
    const leases = async () =>
      (await Array.fromAsync(presence.expired(at(30)))).flat().filter(({ userId }) => userId === ann);
    const [lease] = await leases();
    expect(lease).toBeDefined();
    if (lease) for (const minute of [32, 40]) await presence.end([lease], at(minute)); // two instances
    expect(await presence.standing(ann, 'now')).toMatchObject({ lastSeenAt: at(32).toISOString() });
  });

  it('is kept beside what the others were told', async () => {
    const presence = open();
    const ann = aUser('ann');
    expect(await presence.standing(ann, 'now')).toMatchObject({ isToldOnline: false });
    await presence.noteTold(ann, true);
    await presence.connected(ann, `${ann}-1`, at(0));
    await presence.disconnected(ann, `${ann}-1`, at(1));
    expect(await presence.standing(ann, 'cached')).toMatchObject({
      isToldOnline: true,
      lastSeenAt: at(1).toISOString(),
    });
    await presence.noteTold(ann, false);
    expect(await presence.standing(ann, 'cached')).toMatchObject({ isToldOnline: false });
  });
});

describe('presence in Table Storage', () => {
  const rowsOf = async (table: TableClient) => Array.fromAsync(table.listEntities());

  it('leaves no rows behind of connections that ended', async () => {
    const table = await anEmptyTable();
    const presence = new TablePresence({ presence: table }, new FakeTimer());
    for (let index = 0; index < 5; index++) {
      await presence.connected('ann', `a${index}`, noon);
      await presence.disconnected('ann', `a${index}`, new Date(noon.getTime() + 45 * 60_000));
    }
    const leftovers = await Array.fromAsync(presence.expired(new Date(noon.getTime() + 45 * 60_000)));
    await presence.end(leftovers.flat(), noon); // those that nobody had looked at in time
    expect((await rowsOf(table)).map(({ rowKey }) => rowKey)).toEqual(['user|']); // when ann was last seen
  });

  it('asks once for many messages to one user at a time', async () => {
    const table = await anEmptyTable();
    const listed = vi.spyOn(table, 'listEntities');
    const presence = new TablePresence({ presence: table }, new FakeTimer());
    await presence.connected('ann', 'a1', noon);
    const answers = await Promise.all(Array.from({ length: 20 }, () => presence.isOnline('ann', 'cached')));
    expect(answers).toEqual(Array.from({ length: 20 }, () => true));
    expect(listed).toHaveBeenCalledTimes(1);
    await Promise.all([presence.isOnline('ann', 'now'), presence.isOnline('ann', 'now')]);
    expect(listed).toHaveBeenCalledTimes(3);
  });

  it('does not remember an answer that was under way when somebody came', async () => {
    const presence = new TablePresence({ presence: await anEmptyTable() }, new FakeTimer());
    await Promise.all([presence.isOnline('ann', 'cached'), presence.connected('ann', 'a1', noon)]);
    expect(await presence.isOnline('ann', 'cached')).toBe(true);
  });

  it('asks again after a failure', async () => {
    const table = await anEmptyTable();
    const presence = new TablePresence({ presence: table }, new FakeTimer());
    await presence.connected('ann', 'a1', noon);
    vi.spyOn(table, 'listEntities').mockImplementationOnce(() => {
      throw new Error('storage is down');
    });
    await expect(presence.isOnline('ann', 'cached')).rejects.toThrow('storage is down');
    expect(await presence.isOnline('ann', 'cached')).toBe(true);
  });
});

describe('presence on another instance', () => {
  it('is seen after the cache’s time at the latest, and at once when asked anew', async () => {
    const timer = new FakeTimer();
    const [here, there] = [new TablePresence(tables, timer), new TablePresence(tables, timer)];
    const ann = aUser('ann');
    expect(await here.isOnline(ann, 'cached')).toBe(false);
    await there.connected(ann, `${ann}-1`, noon);
    expect(await here.isOnline(ann, 'cached')).toBe(false);
    expect(await here.isOnline(ann, 'now')).toBe(true);
    await there.disconnected(ann, `${ann}-1`, noon);
    timer.advance(2000);
    expect(await here.isOnline(ann, 'cached')).toBe(false);
  });

  it('is asked for anew when the clock was set back, not when it is there once more', async () => {
    const timer = new FakeTimer();
    const [here, there] = [new TablePresence(tables, timer), new TablePresence(tables, timer)];
    const ann = aUser('ann');
    expect(await here.isOnline(ann, 'cached')).toBe(false);
    await there.connected(ann, `${ann}-1`, noon);
    timer.advance(-3_600_000);
    expect(await here.isOnline(ann, 'cached')).toBe(true);
  });
});
