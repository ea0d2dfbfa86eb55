import { describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { pageQuery } from '../../../shared/contract/lists.ts';
import { blockUser, listBlocks } from '../../../shared/use-cases/block-user.ts';
import { FakeTimer } from '../../support/fakes.ts';

const aBlocker = () => {
  const blocks = new MemoryBlocks();
  const directory = {
    find: (userId: string) => Promise.resolve(userId === 'nobody' ? undefined : userId.toLowerCase()),
  };
  const list = listBlocks({ blocks });
  return {
    block: blockUser({ blocks, directory, clock: new FakeTimer() }),
    list: (userId: string, query: object = {}) => list(userId, pageQuery.parse(query)),
  };
};

describe('blocking', () => {
  it('is of users as they are, once, until it is taken back', async () => {
    const { block, list } = aBlocker();
    for (const name of ['Bo', 'bo', 'cy']) await block('ann', name, true);
    const blockedAt = '2026-01-01T12:00:00.000Z';
    expect((await list('ann')).items).toEqual([
      { userId: 'bo', blockedAt },
      { userId: 'cy', blockedAt },
    ]);
    for (let repeat = 0; repeat < 2; repeat++) await block('ann', 'BO', false);
    expect((await list('ann')).items).toEqual([{ userId: 'cy', blockedAt }]);
    expect((await list('cy')).items).toEqual([]);
  });

  it('is listed page by page', async () => {
    const { block, list } = aBlocker();
    for (const name of ['bo', 'cy', 'di']) await block('ann', name, true);
    const first = await list('ann', { limit: '2' });
    expect(first.items.map(({ userId }) => userId)).toEqual(['bo', 'cy']);
    const second = await list('ann', { limit: '2', cursor: first.nextCursor });
    expect(second.items.map(({ userId }) => userId)).toEqual(['di']);
    expect(second.nextCursor).toBeNull();
    await expect(list('ann', { cursor: 'x' })).rejects.toMatchObject({ code: 'malformed-request' });
  });

  it('is not of oneself, nor of nobody', async () => {
    const { block } = aBlocker();
    await expect(block('ann', 'Ann', true)).rejects.toMatchObject({ code: 'malformed-request' });
    for (const odd of ['nobody', '', '..', 'a\u0000'])
      await expect(block('ann', odd, true)).rejects.toMatchObject({ code: 'not-found' });
    await block('ann', 'nobody', false); // gone, but no longer blocked
  });
});
