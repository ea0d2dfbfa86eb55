import { expect, it } from 'vitest';
import type { Message } from '../shared/domain/message.ts';
import { User } from './support/chat.ts';

interface Found {
  items: Message[];
  nextCursor: string | null;
}

it('messages are found over HTTP by whoever may see them, and by nobody else', async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const { conversationId } = await bo.send(ann, 'Grüße aus Zürich');
  await ann.send(bo, 'Wie ist das Wetter in ZURICH?');
  await ann.historyWith(conversationId, 2);
  const other = await cy.send(ann, 'zurichberg, 京都へ');
  await ann.historyWith(other.conversationId, 1);

  const find = (user: User, query: Record<string, string>) =>
    user.get<Found>(`/search/messages?${new URLSearchParams(query).toString()}`);
  const texts = async (user: User, query: Record<string, string>): Promise<(string | null)[]> => {
    const { status, body } = await find(user, query);
    expect(status).toBe(200);
    return body.items.map(({ messageText }) => messageText);
  };
  expect(await texts(ann, { q: 'zürich' })).toEqual([
    'zurichberg, 京都へ',
    'Wie ist das Wetter in ZURICH?',
    'Grüße aus Zürich',
  ]);
  expect(await texts(ann, { q: '京都' })).toEqual(['zurichberg, 京都へ']);
  expect(await texts(bo, { q: 'zurich' })).toHaveLength(2);
  expect(await texts(ann, { q: 'zur wet' })).toEqual(['Wie ist das Wetter in ZURICH?']);
  expect(await texts(ann, { q: 'zurich', conversationId, senderId: bo.id })).toEqual(['Grüße aus Zürich']);

  const { body, headers } = await find(ann, { q: 'zurich', limit: '2' });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body.items[0]).toMatchObject({ senderId: cy.id, seq: 1, status: 'sent', reactions: [] });
  const cursor = body.nextCursor ?? '';
  expect(await texts(ann, { q: 'zurich', cursor })).toEqual(['Grüße aus Zürich']);

  const refused = async (user: User, query: Record<string, string>, status: number, code: string) =>
    expect(await find(user, query)).toMatchObject({ status, body: { code } });
  await refused(cy, { q: 'zurich', conversationId }, 403, 'not-a-member');
  await refused(cy, { conversationId: 'd-nonsense', q: '' }, 403, 'not-a-member');
  await refused(ann, { q: 'zurich', cursor: `${cursor}x` }, 400, 'malformed-request');
  await refused(cy, { q: 'zurich', cursor }, 400, 'malformed-request');
  await refused(ann, {}, 400, 'malformed-request');
  await refused(ann, { q: '?!' }, 400, 'malformed-request');
  await refused(ann, { q: 'a', limit: 'many' }, 400, 'malformed-request');
});
