import { ServiceBusClient } from '@azure/service-bus';
import { expect, inject, it } from 'vitest';
import { anAcceptedMessage } from './support/builders.ts';
import { eventually, User } from './support/chat.ts';

it('who is blocked cannot write directly any more, until that is taken back', async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  const { conversationId, messageId } = await ann.send(bo, 'one');
  await bo.inboxWith(1);
  expect((await bo.call('PUT', `/users/${ann.id}/block`)).status).toBe(204);
  expect((await bo.get('/users/me/blocks')).body).toMatchObject({
    items: [{ userId: ann.id }],
    nextCursor: null,
  });
  const say = () => ann.post(`/conversations/${conversationId}/messages`, { messageText: 'two' });
  await eventually(async () => ((await say()).status === 403 ? true : undefined)); // within seconds
  expect(await say()).toMatchObject({ status: 403, body: { code: 'blocked' } });
  expect(await ann.post('/sendMessage', { receiverId: bo.id, messageText: 'two' })).toMatchObject({
    status: 403,
    body: { code: 'blocked' },
  });
  expect(await ann.post('/conversations', { type: 'direct', memberIds: [bo.id] })).toMatchObject({
    status: 403,
    body: { code: 'blocked' },
  });
  const message = `/conversations/${conversationId}/messages/${messageId}`;
  expect(await ann.call('PATCH', message, { messageText: 'otherwise' })).toMatchObject({
    status: 403,
    body: { code: 'blocked' },
  });
  expect((await bo.call('PUT', `${message}/reactions/${encodeURIComponent('👍')}`)).status).toBe(202);
  expect((await ann.call('DELETE', message)).status).toBe(202); // harms nobody
  const group = await aGroup(ann, bo);
  expect((await ann.post(`/conversations/${group}/messages`, { messageText: 'all' })).status).toBe(202);
  expect((await bo.call('PUT', `/users/${bo.id}/block`)).status).toBe(400);

  expect((await bo.call('DELETE', `/users/${ann.id}/block`)).status).toBe(204);
  await eventually(async () => ((await say()).status === 202 ? true : undefined));
});

const aGroup = async (owner: User, member: User): Promise<string> => {
  const { body } = await owner.post<{ id: string }>('/conversations', {
    type: 'group',
    memberIds: [member.id],
  });
  return body.id;
};

/** Puts a message into the queue as if it had waited there for an hour. */
const enqueueLate = async (from: User, to: User, clientMessageId: string): Promise<void> => {
  const acceptedAt = new Date(Date.now() - 3_600_000).toISOString();
  const message = anAcceptedMessage({ from: from.id, to: to.id, clientMessageId, acceptedAt });
  const client = new ServiceBusClient(inject('stack').settings.ServiceBusConnection ?? '');
  const body = { v: 1, kind: 'message', traceparent: '', message };
  await client.createSender('chat-queue').sendMessages({ body, sessionId: message.conversationId });
  await client.close();
};

it('a message that is overtaken by a block is refused, which its sender finds when back', async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  const { conversationId } = await ann.send(bo, 'one');
  await bo.inboxWith(1);
  await bo.call('PUT', `/users/${ann.id}/block`);
  const device = await ann.goOnline();
  await enqueueLate(ann, bo, 'late');
  const told = await device.event('message.rejected');
  expect(told).toMatchObject({ conversationId, clientMessageId: 'late', code: 'blocked' });
  device.stop();
  const { body } = await ann.get('/inbox');
  const { type: _, inboxId, ...rejected } = told;
  expect(body).toEqual({ items: [{ inboxId, rejected }], nextCursor: null });
  expect((await ann.post('/inbox/ack', { inboxIds: [inboxId] })).body).toEqual({ acknowledged: 1 });
  expect(await ann.inbox()).toEqual([]);
  expect((await bo.historyWith(conversationId, 1)).items).toHaveLength(1);
});
