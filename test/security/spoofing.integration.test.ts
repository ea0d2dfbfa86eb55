import { describe, expect, it } from 'vitest';
import type { Message } from '../../shared/domain/message.ts';
import { User } from '../support/chat.ts';

/**
 * What a sender says of itself or of its message's fate does not count. That an event of the socket is the bound user's,
 * whatever `ce-userId` says, is shown by `test/functions/web-pubsub-events.test.ts`.
 */

/** What the server gives, as a client would like to have it. */
const lies = {
  userId: 'eve',
  senderName: 'Eve',
  from: 'eve',
  seq: 9_999,
  messageId: `m-${'x'.repeat(24)}`,
  createdAt: '1999-01-01T00:00:00.000Z',
  acceptedAt: '1999-01-01T00:00:00.000Z',
  editedAt: '1999-01-01T00:00:00.000Z',
  deletedAt: '1999-01-01T00:00:00.000Z',
  deliveredAt: '1999-01-01T00:00:00.000Z',
  readAt: '1999-01-01T00:00:00.000Z',
  status: 'read',
  type: 'system',
  system: { event: 'member.added', userIds: ['eve'] },
  forwardedFrom: { senderId: 'eve' },
  reactions: [{ emoji: '👍', userIds: ['eve'] }],
  pinned: true,
};

const pair = (): Promise<[User, User]> => Promise.all([User.create('ann'), User.create('bo')]);

const expectHonest = (message: Message | undefined, senderId: string, since: Date): void => {
  expect(message).toMatchObject({
    ...{ senderId, seq: 1, type: 'text', system: null, forwardedFrom: null, messageText: 'hi' },
    ...{ reactions: [], pinned: false, editedAt: null, deletedAt: null, readAt: null, deliveredAt: null },
  });
  expect(message?.messageId).not.toBe(lies.messageId);
  expect(Date.parse(message?.createdAt ?? '')).toBeGreaterThanOrEqual(since.getTime());
};

describe('a sender', () => {
  it.each(['senderId', 'SenderID', 'SENDERID'])('that is another, as %s, is refused', async (field) => {
    const [ann, bo] = await pair();
    const body = { receiverId: bo.id, messageText: 'hi', [field]: bo.id };
    expect(await ann.post('/sendMessage', body)).toMatchObject({
      status: 403,
      body: { code: 'sender-mismatch' },
    });
    const device = await ann.goOnline();
    const ack = await device.ask('message.send', body);
    device.stop();
    expect(ack).toMatchObject({ ok: false, error: { code: 'sender-mismatch' } });
  });

  it('decides nothing that is the server’s to say', async () => {
    const since = new Date(Date.now() - 1000);
    const [ann, bo] = await pair();
    await ann.send(bo, 'hi', lies);
    const [item] = await bo.inboxWith(1);
    expectHonest(item?.message, ann.id, since);
  });

  it('decides no more over the socket', async () => {
    const since = new Date(Date.now() - 1000);
    const [ann, bo] = await pair();
    const device = await ann.goOnline();
    const ack = await device.ask('message.send', {
      ...lies,
      type: undefined,
      receiverId: bo.id,
      messageText: 'hi',
    });
    device.stop();
    expect(ack).toMatchObject({ ok: true });
    const [item] = await bo.inboxWith(1);
    expectHonest(item?.message, ann.id, since);
  });

  it('takes nobody’s message over by its clientMessageId', async () => {
    const [ann, bo] = await pair();
    const theirs = await ann.send(bo, 'hi', { clientMessageId: 'the-same' });
    await bo.historyWith(theirs.conversationId, 1);
    const own = await bo.send(ann, 'not hi', { clientMessageId: 'the-same' });
    expect(own.messageId).not.toBe(theirs.messageId);
    const { items } = await bo.historyWith(theirs.conversationId, 2);
    expect(items.map(({ senderId, messageText }) => [senderId, messageText])).toEqual([
      [ann.id, 'hi'],
      [bo.id, 'not hi'],
    ]);
  });
});

describe('a caller', () => {
  it('is the one of the token, whatever headers and queries say', async () => {
    const [ann, bo] = await pair();
    await ann.send(bo, 'for bo');
    await bo.inboxWith(1);
    const eve = await User.create('eve');
    const { status, body } = await eve.get<{ items: unknown[] }>(
      `/inbox?userId=${bo.id}&user=${bo.id}&sub=${bo.id}`,
    );
    expect([status, body.items]).toEqual([200, []]);
  });

  it('answers receipts, typing and reactions for itself only', async () => {
    const [ann, bo] = await pair();
    const { conversationId, messageId } = await ann.send(bo, 'hi');
    await bo.historyWith(conversationId, 1);
    await ann.call('PUT', `/conversations/${conversationId}/read`, { upToSeq: 1, userId: bo.id });
    const { body } = await ann.get<{ items: { userId: string; readSeq: number }[] }>(
      `/conversations/${conversationId}/receipts`,
    );
    expect(body.items.find(({ userId }) => userId === bo.id)?.readSeq).toBe(0);
    const device = await bo.goOnline();
    await ann.call('PUT', `/conversations/${conversationId}/messages/${messageId}/reactions/👍`, {
      userId: bo.id,
    });
    await ann.post(`/conversations/${conversationId}/typing`, { isTyping: true, userId: bo.id });
    expect(await device.event('reaction.added')).toMatchObject({ userId: ann.id, by: ann.id });
    expect(await device.event('typing')).toMatchObject({ userId: ann.id });
    device.stop();
  });
});
