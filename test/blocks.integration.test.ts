import { expect, it } from 'vitest';
import { eventually, User } from './support/chat.ts';

it('who is blocked cannot write directly any more, until that is taken back', async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  const { conversationId } = await ann.send(bo, 'one');
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
