import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryAttachmentLooks } from '../../../shared/adapters/memory/memory-attachment-looks.ts';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { conversationIdIn, sendMessageRequest } from '../../../shared/contract/send-message.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { Verdict } from '../../../shared/ports/moderator.ts';
import { sendMessage } from '../../../shared/use-cases/send-message.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeAttachments, FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const schema = sendMessageRequest({ maxMessageLength: 10_000, maxAttachmentBytes: 1_000_000 });

const aSender = ({ verdict, isLimited = false }: { verdict?: Verdict; isLimited?: boolean } = {}) => {
  const parts = {
    log: new MemoryConversationLog(),
    outbox: new FakeOutbox(),
    attachments: new FakeAttachments(),
    looks: new MemoryAttachmentLooks(),
    moderator: { review: () => Promise.resolve<Verdict>(verdict ?? { allowed: true }) },
    rateLimiter: {
      take: () =>
        isLimited ? Promise.reject(new ChatError('rate-limited', 'slow down')) : Promise.resolve(),
    },
    directory: { find: (userId: string) => Promise.resolve(userId === 'nobody' ? undefined : userId) },
    blocks: new MemoryBlocks(),
    clock: new FakeTimer(),
    newId: randomUUID,
  };
  const send = sendMessage(parts);
  return {
    ...parts,
    send: (from: string, body: object) =>
      send(
        from,
        { conversationId: conversationIdIn(body), draft: () => Promise.resolve(schema.parse(body)) },
        tracing,
      ),
  };
};

describe('sending a message', () => {
  it('answers once the queue holds it', async () => {
    const { send, outbox } = aSender();
    const receipt = await send('ann', { receiverId: 'bo', messageText: 'hi', clientMessageId: 'c1' });
    expect(receipt).toMatchObject({
      conversationId: directConversationId('ann', 'bo'),
      clientMessageId: 'c1',
      acceptedAt: '2026-01-01T12:00:00.000Z',
    });
    expect(outbox.enqueued).toHaveLength(1);
    expect(outbox.enqueued[0]).toMatchObject({ messageId: receipt.messageId, directMembers: ['ann', 'bo'] });
  });

  it('is refused while the queue cannot be reached', async () => {
    const { send, outbox } = aSender();
    outbox.isDown = true;
    await expect(send('ann', { receiverId: 'bo', messageText: 'hi' })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('names the same message at every retry, and a fresh one without a client id', async () => {
    const { send } = aSender();
    const body = { receiverId: 'bo', messageText: 'hi', clientMessageId: 'c1' };
    const ids = await Promise.all(Array.from({ length: 5 }, () => send('ann', body)));
    expect(new Set(ids.map(({ messageId }) => messageId)).size).toBe(1);
    const { clientMessageId: _, ...without } = body;
    const [one, two] = await Promise.all([send('ann', without), send('ann', without)]);
    expect(one.messageId).not.toBe(two.messageId);
  });

  it.each([
    ['in another’s name', { senderId: 'bo', receiverId: 'bo', messageText: 'hi' }, 'sender-mismatch'],
    ['to nobody', { receiverId: 'nobody', messageText: 'hi' }, 'not-found'],
    [
      'to a conversation of others, in another’s name',
      { senderId: 'bo', conversationId: directConversationId('x', 'y'), messageText: 'hi' },
      'not-a-member',
    ],
    ['to oneself', { receiverId: 'ann', messageText: 'hi' }, 'malformed-request'],
    [
      'to a conversation of others',
      { conversationId: directConversationId('x', 'y'), messageText: 'hi' },
      'not-a-member',
    ],
    ['to what can be no conversation', { conversationId: '../x', messageText: 'hi' }, 'not-a-member'],
  ])('%s is refused, and nothing is enqueued', async (_, body, code) => {
    const { send, outbox } = aSender();
    await expect(send('ann', body)).rejects.toMatchObject({ code });
    expect(outbox.enqueued).toEqual([]);
  });

  it('to a conversation one is in needs no receiver', async () => {
    const { send, log, outbox } = aSender();
    const first = anAcceptedMessage({ from: 'bo', to: 'ann' });
    await log.append(first, new Date());
    await send('ann', { conversationId: first.conversationId, messageText: 'hi' });
    expect(outbox.enqueued[0]).toMatchObject({ conversationId: first.conversationId, directMembers: null });
  });

  it('goes to the user as registered, however the name was written', async () => {
    const { outbox, ...parts } = aSender();
    parts.directory.find = (userId) => Promise.resolve(userId.toLowerCase());
    const { conversationId } = await parts.send('ann', { receiverId: 'BO', messageText: 'hi' });
    expect(conversationId).toBe(directConversationId('ann', 'bo'));
    expect(outbox.enqueued[0]?.directMembers).toEqual(['ann', 'bo']);
  });

  it('keeps the time that the client gives, for information', async () => {
    const { send, outbox } = aSender();
    await send('ann', { receiverId: 'bo', messageText: 'hi', timestamp: '2025-02-11T12:30:45Z' });
    expect(outbox.enqueued[0]?.clientTimestamp).toBe('2025-02-11T12:30:45Z');
  });

  it('that moderation rejects is not enqueued, and says why', async () => {
    const { send, outbox } = aSender({
      verdict: { allowed: false, reason: 'links', detail: 'No spam, please.' },
    });
    await expect(send('ann', { receiverId: 'bo', messageText: 'hi' })).rejects.toMatchObject({
      code: 'message-rejected',
      message: 'No spam, please.',
      reason: 'links',
    });
    expect(outbox.enqueued).toEqual([]);
  });

  it('over the limit is not enqueued', async () => {
    const { send, outbox } = aSender({ isLimited: true });
    await expect(send('ann', { receiverId: 'bo', messageText: 'hi' })).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(outbox.enqueued).toEqual([]);
  });

  it('with an attachment hands out where to upload it, the same at every retry', async () => {
    const { send, outbox, attachments } = aSender();
    const body = {
      receiverId: 'bo',
      clientMessageId: 'c1',
      attachment: { fileName: '../cat\u202egpj.png', contentType: 'Image/PNG', size: 5 },
    };
    const [one, two] = [await send('ann', body), await send('ann', body)];
    expect(one.attachment?.attachmentId).toBe(two.attachment?.attachmentId);
    expect(one.attachment?.uploadUrl).toContain(one.attachment?.attachmentId);
    expect(outbox.enqueued[0]?.attachment).toMatchObject({
      fileName: '_catgpj.png',
      contentType: 'image/png',
      size: 5,
    });
    expect([...attachments.records.values()]).toMatchObject([
      { ownerId: 'ann', conversationId: one.conversationId },
    ]);
  });
});

describe('a direct message to who has blocked the sender', () => {
  it('is refused whichever way it names the receiver; in the other direction it is not', async () => {
    const { send, log, blocks, outbox, clock } = aSender();
    await log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), clock.now());
    await blocks.block('bo', 'ann', clock.now());
    const conversationId = directConversationId('ann', 'bo');
    for (const to of [{ receiverId: 'bo' }, { conversationId }])
      await expect(send('ann', { ...to, messageText: 'hi' })).rejects.toMatchObject({ code: 'blocked' });
    expect(outbox.enqueued).toEqual([]);
    await send('bo', { conversationId, messageText: 'hi' });
    await blocks.unblock('bo', 'ann');
    await send('ann', { conversationId, messageText: 'hi' });
    expect(outbox.enqueued).toHaveLength(2);
  });

  it('is no way to learn of conversations: who is not a member is told just that', async () => {
    const { send, blocks, clock } = aSender();
    await blocks.block('bo', 'ann', clock.now());
    const conversationId = directConversationId('ann', 'bo');
    await expect(send('ann', { conversationId, messageText: 'hi' })).rejects.toMatchObject({
      code: 'not-a-member',
    });
  });
});
