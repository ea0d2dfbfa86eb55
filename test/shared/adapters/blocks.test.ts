import { describe, expect, it, vi } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { TableBlocks } from '../../../shared/adapters/tables/table-blocks.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { Blocks } from '../../../shared/ports/blocks.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aUser } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';

const noon = new Date('2026-01-01T12:00:00.000Z');
const later = new Date('2026-01-01T13:00:00.000Z');
const { tables } = ownTables();

describe.each<[string, () => Blocks]>([
  ['in memory', () => new MemoryBlocks()],
  ['in Table Storage', () => new TableBlocks(tables, new FakeTimer())],
])('blocks %s', (_, open) => {
  it('are known by the pair, in either direction and both', async () => {
    const blocks = open();
    const [ann, bo] = [aUser("ann|' or 1 eq 1"), aUser('bo/#?')];
    const pair = directConversationId(ann, bo);
    expect(await blocks.blockersIn(pair)).toEqual([]);
    await blocks.block(ann, bo, noon);
    expect(await blocks.blockersIn(pair)).toEqual([ann]);
    await blocks.block(bo, ann, noon);
    expect([...(await blocks.blockersIn(pair))].sort()).toEqual([ann, bo].sort());
    await blocks.unblock(ann, bo);
    expect(await blocks.blockersIn(pair)).toEqual([bo]);
    expect(await blocks.blockersIn(directConversationId(ann, aUser('cy')))).toEqual([]);
  });

  it('close a conversation for who is gone, who lists nobody', async () => {
    const blocks = open();
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const pair = directConversationId(ann, bo);
    expect(await blocks.blockersIn(pair)).toEqual([]);
    for (let repeat = 0; repeat < 2; repeat++) await blocks.close(pair, ann);
    expect(await blocks.blockersIn(pair)).toEqual([ann]);
    expect(await blocks.blockedBy(ann, 10, undefined)).toEqual([]);
  });

  it('stay as they were when repeated', async () => {
    const blocks = open();
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    for (const at of [noon, later]) await blocks.block(ann, bo, at);
    expect(await blocks.blockedBy(ann, 10, undefined)).toEqual([
      { userId: bo, blockedAt: noon.toISOString() },
    ]);
    for (let repeat = 0; repeat < 2; repeat++) await blocks.unblock(ann, bo);
    expect(await blocks.blockedBy(ann, 10, undefined)).toEqual([]);
  });

  it('are listed page by page, each once, whatever their ids', async () => {
    const blocks = open();
    const ann = aUser('ann');
    const others = ['Bo', 'bo', 'auth0|7', 'x'.repeat(256), 'é', 'pair'];
    for (const other of others) await blocks.block(ann, other, noon);
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const page = await blocks.blockedBy(ann, 2, after);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
      listed.push(...page.map(({ userId }) => userId));
    }
    expect(listed.toSorted()).toEqual(others.toSorted());
  });
});

describe('blocks in Table Storage', () => {
  it('are asked for once in two seconds for each pair, and again after a failure', async () => {
    const timer = new FakeTimer();
    const listed = vi.spyOn(tables.blocks, 'listEntities');
    listed.mockClear();
    const [here, there] = [new TableBlocks(tables, timer), new TableBlocks(tables, timer)];
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const pair = directConversationId(ann, bo);
    await Promise.all(Array.from({ length: 20 }, () => here.blockersIn(pair)));
    expect(listed).toHaveBeenCalledTimes(1);
    await there.block(ann, bo, noon);
    expect(await here.blockersIn(pair)).toEqual([]);
    timer.advance(2000);
    expect(await here.blockersIn(pair)).toEqual([ann]);
    timer.advance(2000);
    listed.mockImplementationOnce(() => {
      throw new Error('storage is down');
    });
    await expect(here.blockersIn(pair)).rejects.toThrow('storage is down');
    expect(await here.blockersIn(pair)).toEqual([ann]);
    listed.mockRestore();
  });

  it('are asked for anew when the clock was set back, not when it is there once more', async () => {
    const timer = new FakeTimer();
    const [here, there] = [new TableBlocks(tables, timer), new TableBlocks(tables, timer)];
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const pair = directConversationId(ann, bo);
    expect(await here.blockersIn(pair)).toEqual([]);
    await there.block(ann, bo, noon);
    timer.advance(-3_600_000);
    expect(await here.blockersIn(pair)).toEqual([ann]);
  });
});
