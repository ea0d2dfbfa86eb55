import { describe, expect, it, vi } from 'vitest';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { checkPresence } from '../../../shared/use-cases/check-presence.ts';
import { FakeBroadcaster, FakeOutbox, FakeTimer } from '../../support/fakes.ts';

const aCheck = () => {
  const parts = {
    clock: new FakeTimer(),
    broadcaster: new FakeBroadcaster(),
    outbox: new FakeOutbox(),
    presence: new MemoryPresence(),
  };
  const asked = vi.spyOn(parts.broadcaster, 'isConnected');
  const minutes = (count: number) => parts.clock.advance(count * 60_000);
  return {
    ...parts,
    asked,
    minutes,
    check: checkPresence(parts),
    connect: (userId: string, id: string) => parts.presence.connected(userId, id, parts.clock.now()),
  };
};

describe('the look after connections', () => {
  it('asks about nobody before a lease is over, then once each lease', async () => {
    const { connect, check, asked, minutes, presence } = aCheck();
    await connect('ann', 'a1');
    minutes(29);
    expect(await check()).toEqual({ renewed: 0, doubted: 0, ended: 0, errors: [] });
    expect(asked).not.toHaveBeenCalled();
    minutes(1);
    expect(await check()).toMatchObject({ renewed: 1 });
    expect(await check()).toMatchObject({ renewed: 0 });
    minutes(30);
    expect(await check()).toMatchObject({ renewed: 1 });
    expect(asked).toHaveBeenCalledTimes(2);
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('takes a connection for gone when the service twice does not know it', async () => {
    const { connect, check, minutes, presence, broadcaster } = aCheck();
    await connect('ann', 'a1');
    broadcaster.gone.add('a1');
    minutes(30);
    expect(await check()).toMatchObject({ doubted: 1, ended: 0 });
    expect(await presence.isOnline('ann')).toBe(true);
    minutes(2);
    expect(await check()).toMatchObject({ doubted: 0, ended: 1 });
    expect(await presence.isOnline('ann')).toBe(false);
  });

  it('keeps a connection that was recovered meanwhile, and doubts it anew the next time', async () => {
    const { connect, check, minutes, presence, broadcaster } = aCheck();
    await connect('ann', 'a1');
    broadcaster.gone.add('a1');
    minutes(30);
    await check();
    broadcaster.gone.delete('a1');
    minutes(2);
    expect(await check()).toMatchObject({ renewed: 1, ended: 0 });
    broadcaster.gone.add('a1');
    minutes(30);
    expect(await check()).toMatchObject({ doubted: 1, ended: 0 });
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('forgets marks of ends without asking', async () => {
    const { presence, clock, check, minutes, asked } = aCheck();
    await presence.disconnected('ann', 'a1', clock.now());
    minutes(9);
    expect(await check()).toMatchObject({ ended: 0 });
    minutes(1);
    expect(await check()).toMatchObject({ ended: 1 });
    expect(asked).not.toHaveBeenCalled();
  });

  it('goes on with the others when one cannot be asked about, and asks again the next time', async () => {
    const { connect, check, minutes, presence, broadcaster, asked } = aCheck();
    for (const name of ['ann', 'bo', 'cy']) await connect(name, `${name}1`);
    broadcaster.gone.add('cy1');
    asked.mockRejectedValueOnce(new ChatError('unavailable', 'down'));
    minutes(30);
    expect(await check()).toEqual({ renewed: 1, doubted: 1, ended: 0, errors: ['ChatError: down'] });
    expect(await check()).toMatchObject({ renewed: 1, doubted: 0 });
    expect(await presence.isOnline('ann')).toBe(true);
  });

  it('goes on when what came of it could not be noted, and asks again the next time', async () => {
    const { connect, check, minutes, presence, broadcaster } = aCheck();
    for (const name of ['ann', 'bo']) await connect(name, `${name}1`);
    broadcaster.gone.add('bo1');
    vi.spyOn(presence, 'renew').mockRejectedValueOnce(new ChatError('unavailable', 'down'));
    minutes(30);
    expect(await check()).toMatchObject({ renewed: 0, doubted: 1, errors: ['ChatError: down'] });
    expect(await check()).toMatchObject({ renewed: 1, doubted: 0, errors: [] });
  });

  it('has others told of users whose connections ended, and ends nothing before that is sure', async () => {
    const { connect, check, minutes, presence, broadcaster, outbox } = aCheck();
    await connect('ann', 'a1');
    broadcaster.gone.add('a1');
    minutes(30);
    await check();
    minutes(2);
    outbox.isDown = true;
    expect(await check()).toMatchObject({ ended: 0, errors: ['ChatError: down'] });
    expect(await presence.isOnline('ann')).toBe(true);
    outbox.isDown = false;
    expect(await check()).toMatchObject({ ended: 1 });
    expect(outbox.looks).toEqual([{ userId: 'ann', connectionId: 'a1', occasion: 'went', seconds: 10 }]);
  });

  it('may run twice at once', async () => {
    const { connect, check, minutes, presence, broadcaster } = aCheck();
    await connect('ann', 'a1');
    await connect('bo', 'b1');
    broadcaster.gone.add('b1');
    for (const wait of [30, 2]) {
      minutes(wait);
      await Promise.all([check(), check()]);
    }
    expect([await presence.isOnline('ann'), await presence.isOnline('bo')]).toEqual([true, false]);
  });
});
