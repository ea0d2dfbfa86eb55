import { describe, expect, it, vi } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { announcePresence } from '../../../shared/use-cases/announce-presence.ts';
import { disconnectClient } from '../../../shared/use-cases/disconnect-client.ts';
import { aGroup, anAcceptedMessage } from '../../support/builders.ts';
import { FakeBroadcaster, FakeOutbox, FakeTimer } from '../../support/fakes.ts';

const aCircle = (presenceGroupSize = 100) => {
  const parts = {
    clock: new FakeTimer(),
    broadcaster: new FakeBroadcaster(),
    outbox: new FakeOutbox(),
    log: new MemoryConversationLog(),
    presence: new MemoryPresence(),
    blocks: new MemoryBlocks(),
    presenceGroupSize,
  };
  const { log, clock, presence, broadcaster } = parts;
  return {
    ...parts,
    direct: (a: string, b: string) => log.append(anAcceptedMessage({ from: a, to: b }), clock.now()),
    group: async (...userIds: string[]) => {
      const group = aGroup('nobody', [], {
        members: userIds.map((userId) => ({ userId, role: 'member' })),
      });
      const { conversationId } = group;
      await log.create(group, clock.now());
      return conversationId;
    },
    comes: (userId: string, id = `${userId}1`) => presence.connected(userId, id, clock.now()),
    goes: (userId: string, id = `${userId}1`) => disconnectClient(parts)(userId, id),
    announce: announcePresence(parts),
    told: () =>
      broadcaster.pushed.map(({ to, event }) =>
        event.type === 'presence' ? [to, event.userId, event.online, event.lastSeenAt] : event.type,
      ),
  };
};

describe('a coming or going', () => {
  it('is told to partners who are online and to groups, to each once', async () => {
    const circle = aCircle();
    const { direct, group, comes, announce, told } = circle;
    await direct('ann', 'bo');
    await direct('ann', 'off');
    await direct('ann', 'cy');
    await direct('bo', 'di');
    const trip = await group('ann', 'cy', 'ed');
    for (const userId of ['ann', 'bo', 'cy', 'di']) await comes(userId);
    expect(await announce('ann')).toBe(true);
    expect(told().sort()).toEqual(
      [
        [trip, 'ann', true, null], // reaches Cy as well
        ['bo', 'ann', true, null],
      ].sort(),
    );
    expect(await announce('ann')).toBe(false);
    expect(told()).toHaveLength(2);
  });

  it('is not told to larger groups, nor to any where that is switched off', async () => {
    for (const size of [2, 0]) {
      const { group, comes, announce, told } = aCircle(size);
      await group('ann', 'bo', 'cy');
      const pair = await group('ann', 'bo');
      await comes('ann');
      await announce('ann');
      expect(told()).toEqual(size === 0 ? [] : [[pair, 'ann', true, null]]);
    }
  });

  it('of one device among several is not told', async () => {
    const { direct, comes, goes, announce, told, outbox } = aCircle();
    await direct('ann', 'bo');
    for (const id of ['a1', 'a2']) await comes('ann', id);
    await comes('bo');
    await announce('ann');
    await goes('ann', 'a1');
    expect(outbox.looks).toEqual([]);
    expect(told()).toHaveLength(1);
  });

  it('is told when the last device went, with when that was', async () => {
    const { direct, comes, goes, announce, told, outbox, clock } = aCircle();
    await direct('ann', 'bo');
    for (const userId of ['ann', 'bo']) await comes(userId);
    await announce('ann');
    await goes('ann');
    expect(outbox.looks).toEqual([{ userId: 'ann', connectionId: 'ann1', occasion: 'went', seconds: 5 }]);
    const lastSeenAt = clock.now().toISOString();
    clock.advance(5000);
    await announce('ann');
    expect(told().at(-1)).toEqual(['bo', 'ann', false, lastSeenAt]);
  });

  it('of a page that is loaded again is not seen by anybody', async () => {
    const { direct, comes, goes, announce, told } = aCircle();
    await direct('ann', 'bo');
    for (const userId of ['ann', 'bo']) await comes(userId);
    await announce('ann');
    await goes('ann');
    await comes('ann', 'a2');
    await announce('ann');
    expect(told()).toHaveLength(1);
  });

  it('is not told to a partner who has blocked the user, or was blocked', async () => {
    const { direct, comes, announce, told, blocks, clock } = aCircle();
    for (const partner of ['bo', 'cy', 'di']) {
      await direct('ann', partner);
      await comes(partner);
    }
    await blocks.block('ann', 'bo', clock.now());
    await blocks.block('cy', 'ann', clock.now());
    await comes('ann');
    await announce('ann');
    expect(told()).toEqual([['di', 'ann', true, null]]);
  });

  it('that changes while it is told ends with what is true', async () => {
    const { direct, comes, goes, announce, told, broadcaster } = aCircle();
    await direct('ann', 'bo');
    for (const userId of ['ann', 'bo']) await comes(userId);
    await announce('ann');
    await goes('ann');
    const toUser = broadcaster.toUser.bind(broadcaster);
    vi.spyOn(broadcaster, 'toUser').mockImplementationOnce(async (...push) => {
      await toUser(...push);
      await comes('ann', 'a2');
    });
    await announce('ann');
    expect(told().map((entry) => entry[2])).toEqual([true, false, true]);
  });

  it('that could not be told is told when it is tried again', async () => {
    const { direct, comes, announce, told, broadcaster } = aCircle();
    await direct('ann', 'bo');
    for (const userId of ['ann', 'bo']) await comes(userId);
    broadcaster.isDown = true;
    await expect(announce('ann')).rejects.toMatchObject({ code: 'unavailable' });
    broadcaster.isDown = false;
    await announce('ann');
    expect(told()).toEqual([['bo', 'ann', true, null]]);
  });

  it('is looked at by the timer when no look could be scheduled', async () => {
    const { comes, goes, outbox, presence, clock } = aCircle();
    await comes('ann');
    outbox.isDown = true;
    await goes('ann');
    expect(await presence.isOnline('ann')).toBe(false);
    clock.advance(10 * 60_000);
    const expired = (await Array.fromAsync(presence.expired(clock.now()))).flat();
    expect(expired).toMatchObject([{ userId: 'ann', isEndMark: true }]);
  });
});
