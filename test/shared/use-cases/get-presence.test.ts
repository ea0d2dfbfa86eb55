import { describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { pageQuery } from '../../../shared/contract/lists.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import { getConversationPresence, getUserPresence } from '../../../shared/use-cases/get-presence.ts';
import { aGroup, anAcceptedMessage } from '../../support/builders.ts';

const noon = new Date('2026-01-01T12:00:00.000Z');

const aCircle = async () => {
  const [log, presence, blocks] = [new MemoryConversationLog(), new MemoryPresence(), new MemoryBlocks()];
  await log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), noon);
  const trip = aGroup('cy', ['ann', 'ed']);
  const group = trip.conversationId;
  await log.create(trip, noon);
  await presence.connected('cy', 'c1', noon);
  await presence.connected('bo', 'b1', noon);
  await presence.disconnected('bo', 'b1', noon);
  const page = getConversationPresence({ log, presence, blocks });
  return {
    group,
    blocks,
    of: getUserPresence({ log, presence, blocks }),
    page: (userId: string, id: string, query: object = {}) => page(userId, id, () => pageQuery.parse(query)),
  };
};

describe('a user’s presence', () => {
  it('is shown to who shares a conversation with them, whichever kind', async () => {
    const { of } = await aCircle();
    expect(await of('ann', 'bo')).toEqual({ online: false, lastSeenAt: noon.toISOString() });
    expect(await of('ann', 'cy')).toEqual({ online: true, lastSeenAt: null });
    expect(await of('ed', 'ann')).toEqual({ online: false, lastSeenAt: null });
    expect(await of('zoe', 'zoe')).toEqual({ online: false, lastSeenAt: null });
  });

  it('is refused to anybody else as if there were no such user', async () => {
    const { of } = await aCircle();
    const refusals = await Promise.all(
      ['bo', 'nobody', '', '..', 'a\u0000b', 'x'.repeat(300)].map((userId) =>
        of('cy', userId).catch((error: unknown) => error),
      ),
    );
    expect(refusals[0]).toMatchObject({ code: 'not-found' });
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
  });
});

describe('the presence of who has blocked, or was blocked,', () => {
  it('is that of somebody who was never there, in direct conversations', async () => {
    const { of, page, blocks } = await aCircle();
    await blocks.block('bo', 'ann', noon);
    const nobody = { online: false, lastSeenAt: null };
    for (const [caller, other] of [
      ['ann', 'bo'],
      ['bo', 'ann'],
    ] as const) {
      expect(await of(caller, other)).toEqual(nobody);
      const { items } = await page(caller, directConversationId('ann', 'bo'));
      expect(items.find(({ userId }) => userId === other)).toEqual({ userId: other, ...nobody });
    }
    expect(await of('bo', 'bo')).toEqual({ online: false, lastSeenAt: noon.toISOString() });
  });

  it('is seen in groups', async () => {
    const { page, group, blocks } = await aCircle();
    await blocks.block('cy', 'ann', noon);
    expect((await page('ann', group)).items).toContainEqual({ userId: 'cy', online: true, lastSeenAt: null });
  });
});

describe('the presence of a conversation’s members', () => {
  it('is shown page by page', async () => {
    const { group, page } = await aCircle();
    const first = await page('ann', group, { limit: '2' });
    expect(first.items).toEqual([
      { userId: 'ann', online: false, lastSeenAt: null },
      { userId: 'cy', online: true, lastSeenAt: null },
    ]);
    const second = await page('ann', group, { limit: '2', cursor: first.nextCursor });
    expect(second).toEqual({
      items: [{ userId: 'ed', online: false, lastSeenAt: null }],
      nextCursor: null,
    });
  });

  it('is for members only, whatever they ask for', async () => {
    const { group, page } = await aCircle();
    for (const id of [group, directConversationId('ann', 'bo'), 'nonsense', ''])
      await expect(page('zoe', id, { cursor: '%' })).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(page('ann', group, { cursor: '%' })).rejects.toMatchObject({ code: 'malformed-request' });
  });
});
