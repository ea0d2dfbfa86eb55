import { expect, it } from 'vitest';
import { User } from './support/chat.ts';

interface List {
  items: {
    id: string;
    unreadCount: number;
    archivedAt: string | null;
    lastMessage: { messageText: string } | null;
  }[];
  nextCursor: string | null;
}

it('the list of conversations, unread counts, reading and archiving go together over HTTP', async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const { conversationId } = await bo.send(ann, 'one');
  await bo.send(ann, 'two');
  await ann.inboxWith(2); // conversations go side by side: which is the latest must not be a race
  const other = await cy.send(ann, 'hi');
  await ann.inboxWith(3);

  const list = async (query = ''): Promise<List['items']> =>
    (await ann.get<List>(`/conversations${query}`)).body.items;
  expect(await list()).toMatchObject([
    { id: other.conversationId, unreadCount: 1, lastMessage: { messageText: 'hi' } },
    { id: conversationId, unreadCount: 2, lastMessage: { messageText: 'two' } },
  ]);
  expect((await ann.get('/unread')).body).toMatchObject({ total: 3 });

  const put = (path: string, body?: unknown) =>
    ann.call('PUT', `/conversations/${conversationId}${path}`, body);
  expect((await put('/read', { upToSeq: 1 })).status).toBe(204);
  expect((await ann.get('/unread')).body).toMatchObject({ total: 2 });
  expect((await put('/read')).status).toBe(204);
  expect((await ann.get('/unread')).body).toMatchObject({
    total: 1,
    conversations: [{ conversationId: other.conversationId }],
  });
  expect(await ann.inbox()).toHaveLength(1); // what was read has arrived
  expect((await bo.historyWith(conversationId, 2)).items.map(({ status }) => status)).toEqual([
    'read',
    'read',
  ]);
  expect((await put('/read', { upToSeq: -1 })).status).toBe(400);
  expect(await cy.call('PUT', `/conversations/${conversationId}/read`)).toMatchObject({ status: 403 });

  expect((await put('/archive')).status).toBe(204);
  expect((await list()).map(({ id }) => id)).toEqual([other.conversationId]);
  expect((await list('?archived=true')).map(({ id }) => id)).toEqual([conversationId]);
  expect((await ann.call('DELETE', `/conversations/${conversationId}/archive`)).status).toBe(204);
  expect(await list('?unreadOnly=true')).toMatchObject([{ id: other.conversationId }]);
  expect((await ann.get('/conversations?archived=maybe')).status).toBe(400);

  const device = await ann.goOnline();
  expect((await put('/archive')).status).toBe(204);
  const { archivedAt } = await device.event('conversation.archived');
  expect(archivedAt).not.toBeNull();
  expect((await ann.call('DELETE', `/conversations/${conversationId}/archive`)).status).toBe(204);
  await device.event('conversation.archived', (event) => event.archivedAt === null);
  expect((await put('/mute', { until: '2001-01-01T00:00:00Z' })).status).toBe(400);
  expect((await put('/mute', { until: '2999-01-01T00:00:00Z' })).status).toBe(204);
  expect(await device.event('conversation.muted')).toMatchObject({ conversationId, muted: true });
  const shown = async () => (await ann.get(`/conversations/${conversationId}`)).body;
  expect(await shown()).toMatchObject({ muted: true, mutedUntil: '2999-01-01T00:00:00.000Z' });
  expect((await put('/mute')).status).toBe(204);
  expect(await shown()).toMatchObject({ muted: true, mutedUntil: null });
  expect((await ann.call('DELETE', `/conversations/${conversationId}/mute`)).status).toBe(204);
  expect(await shown()).toMatchObject({ muted: false, mutedUntil: null });
  expect((await cy.call('PUT', `/conversations/${conversationId}/mute`)).status).toBe(403);
  device.stop();
});
