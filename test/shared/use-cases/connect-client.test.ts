import { describe, expect, it, vi } from 'vitest';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { admitClient, connectClient } from '../../../shared/use-cases/connect-client.ts';
import { aToken } from '../../support/builders.ts';
import { FakeBroadcaster, FakeOutbox, FakeTimer } from '../../support/fakes.ts';

const token = aToken();

const aDoor = (maxConnections = 10) => {
  const parts = {
    clock: new FakeTimer(),
    broadcaster: new FakeBroadcaster(),
    outbox: new FakeOutbox(),
    log: new MemoryConversationLog(),
    presence: new MemoryPresence(),
    rateLimiter: { take: vi.fn(() => Promise.resolve()) },
    requireGoodToken: vi.fn(() => Promise.resolve()),
    maxConnections,
  };
  const connections = async (userId: string) => (await parts.presence.standing(userId)).connections;
  return { ...parts, connections, admit: admitClient(parts), connect: connectClient(parts) };
};

describe('a device that is let in', () => {
  it('makes its user online before it is there, whether or not its beginning is ever told', async () => {
    const { admit, presence } = aDoor();
    await admit('ann', 'a1', token);
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('is not let in when that cannot be noted', async () => {
    const { admit, presence } = aDoor();
    vi.spyOn(presence, 'connected').mockRejectedValueOnce(new ChatError('unavailable', 'down'));
    await expect(admit('ann', 'a1', token)).rejects.toMatchObject({ code: 'unavailable' });
    await admit('ann', 'a1', token);
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('is not brought back by its beginning once it has gone', async () => {
    const { admit, connect, presence } = aDoor();
    const { fingerprint } = await admit('ann', 'a1', token);
    await presence.disconnected('ann', 'a1');
    await connect('ann', 'a1', fingerprint);
    expect(await presence.isOnline('ann')).toBe(false);
  });

  it('beyond the limit closes the user’s oldest, and says why', async () => {
    const { admit, broadcaster, clock } = aDoor();
    const close = vi.spyOn(broadcaster, 'close');
    for (let index = 1; index <= 10; index++) {
      await admit('ann', `a${index}`, token);
      clock.advance(1000);
    }
    await admit('bo', 'b1', token);
    expect(close).not.toHaveBeenCalled();
    await admit('ann', 'a11', token);
    expect(close.mock.calls).toEqual([
      ['a1', 'You are connected on more than 10 devices; the oldest connection was closed.'],
    ]);
  });

  it('is told again by the service without closing more', async () => {
    const { admit, broadcaster } = aDoor(2);
    for (const id of ['a1', 'a2', 'a2', 'a2']) await admit('ann', id, token);
    expect(broadcaster.closed).toEqual([]);
  });

  it('never closes itself, and is let in even if the oldest could not be closed', async () => {
    const { admit, broadcaster, connections } = aDoor(1);
    await admit('ann', 'a1', token);
    vi.spyOn(broadcaster, 'close').mockRejectedValueOnce(new ChatError('unavailable', 'down'));
    await admit('ann', 'a2', token);
    expect(await connections('ann')).toEqual(['a1', 'a2']);
    await admit('ann', 'a3', token);
    expect(broadcaster.closed).toEqual(['a1', 'a2']);
  });

  it('has the others told that its user came, unless they know already', async () => {
    const { admit, outbox, presence } = aDoor();
    await admit('ann', 'a1', token);
    expect(outbox.looks).toEqual([{ userId: 'ann', connectionId: 'a1', occasion: 'came', seconds: 0 }]);
    await presence.noteTold('ann', true);
    await admit('ann', 'a2', token);
    expect(outbox.looks).toHaveLength(1);
  });

  it('is let in also when nobody can be told', async () => {
    const { admit, outbox, presence } = aDoor();
    outbox.isDown = true;
    await admit('ann', 'a1', token);
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('is refused, unnoted, when its user’s devices come and go too fast', async () => {
    const { admit, rateLimiter, presence } = aDoor();
    rateLimiter.take.mockRejectedValueOnce(new ChatError('rate-limited', 'slow down'));
    await expect(admit('ann', 'a1', token)).rejects.toMatchObject({ code: 'rate-limited' });
    expect(rateLimiter.take).toHaveBeenCalledWith('connect', 'ann');
    expect(await presence.isOnline('ann')).toBe(false);
  });
});
