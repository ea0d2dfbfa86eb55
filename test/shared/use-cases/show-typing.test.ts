import { describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { TokenBucketRateLimiter } from '../../../shared/adapters/memory/token-bucket-rate-limiter.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import { showTyping } from '../../../shared/use-cases/show-typing.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeBroadcaster, FakeTimer } from '../../support/fakes.ts';

const id = directConversationId('ann', 'bo');

const aChat = async () => {
  const clock = new FakeTimer();
  const blocks = new MemoryBlocks();
  const [log, presence, broadcaster] = [
    new MemoryConversationLog(),
    new MemoryPresence(),
    new FakeBroadcaster(),
  ];
  const rate = { perSecond: 1, burst: 2 };
  const rates = {
    send: rate,
    create: rate,
    typing: rate,
    connect: rate,
    login: rate,
    'login-account': rate,
    register: rate,
    'find-users': rate,
    export: rate,
    search: rate,
    negotiate: rate,
  };
  const rateLimiter = new TokenBucketRateLimiter(clock, rates);
  await log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), clock.now());
  await presence.connected('bo', 'b1', clock.now());
  const showing = showTyping({ log, presence, broadcaster, blocks, rateLimiter, clock, typingSeconds: 5 });
  return {
    log,
    broadcaster,
    blocks,
    showing,
    show: (userId: string, conversationId: string, isTyping: boolean) =>
      showing(userId, conversationId, () => Promise.resolve({ isTyping })),
  };
};

describe('typing', () => {
  it('is shown to the other who is online, with when it ends', async () => {
    const { show, broadcaster } = await aChat();
    await show('ann', id, true);
    await show('bo', id, true); // Ann is offline
    expect(broadcaster.pushed).toEqual([
      {
        to: 'bo',
        event: {
          type: 'typing',
          at: '2026-01-01T12:00:00.000Z',
          conversationId: id,
          userId: 'ann',
          isTyping: true,
          expiresAt: '2026-01-01T12:00:05.000Z',
        },
      },
    ]);
  });

  it('is not shown to who has blocked the other, or was blocked', async () => {
    const { show, broadcaster, blocks } = await aChat();
    await blocks.block('ann', 'bo', new Date());
    await show('ann', id, true);
    expect(broadcaster.pushed).toEqual([]);
  });

  it('is lost without harm when live delivery is away, and leaves no trace', async () => {
    const { show, broadcaster, log } = await aChat();
    broadcaster.isDown = true;
    await show('ann', id, true);
    expect((await log.head(id))?.headSeq).toBe(1);
  });

  it('is not even read of a stranger', async () => {
    const { showing } = await aChat();
    const unread = () => Promise.reject(new Error('was read'));
    await expect(showing('eve', id, unread)).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(showing('ann', id, unread)).rejects.toThrow('was read');
  });

  it('is for members, and not for ever', async () => {
    const { show } = await aChat();
    await expect(show('eve', id, true)).rejects.toMatchObject({ code: 'not-a-member' });
    await show('ann', id, true);
    await show('ann', id, false);
    await expect(show('ann', id, true)).rejects.toMatchObject({ code: 'rate-limited' });
  });
});
