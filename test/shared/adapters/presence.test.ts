import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { TablePresence } from '../../../shared/adapters/tables/table-presence.ts';
import { createTables, openTables, type Tables } from '../../../shared/adapters/tables/tables.ts';
import type { Presence } from '../../../shared/ports/presence.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { aUser } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';

let azurite: Azurite;
let tables: Tables;
const noon = new Date('2026-01-01T12:00:00.000Z');

beforeAll(async () => {
  azurite = await startAzurite();
  tables = openTables((name) =>
    TableClient.fromConnectionString(azurite.tables, name, { allowInsecureConnection: true }),
  );
  await createTables(tables);
}, 60_000);

afterAll(() => azurite.stop());

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
});
