import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { eventually, request, signingKey, User } from './support/chat.ts';

interface AuditAnswer {
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

const anOperator = (): Promise<string> =>
  new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator')
    .setExpirationTime('1h')
    .sign(signingKey());

it('an operator sees who deleted, removed and exported, by the time each is acknowledged, and no word of it', async () => {
  const [ann, bo, operator] = [await User.create('ann'), await User.create('bo'), await anOperator()];
  const group = await ann.post<{ id: string }>('/conversations', { type: 'group', memberIds: [bo.id] });
  const path = `/conversations/${group.body.id}`;
  const said = await bo.post<{ messageId: string }>(`${path}/messages`, { messageText: 'unspeakable' });
  const { messageId } = said.body;
  await ann.historyWith(group.body.id, 1);
  const exported = await ann.post<{ exportId: string }>('/exports', { conversationId: group.body.id });
  const audit = async (query: string) => {
    const answer = await request<AuditAnswer>('GET', `/admin/audit?${query}`, { token: operator });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  expect((await audit(`userId=${ann.id}`)).items).toContainEqual(
    expect.objectContaining({ action: 'export.started', actorId: ann.id, jobId: exported.body.exportId }),
  );
  await ann.call('DELETE', `${path}/messages/${messageId}`);
  await ann.call('DELETE', `${path}/members/${bo.id}`);
  const removal = await eventually(async () => {
    const { items } = await audit(`userId=${bo.id}`);
    return items.find(({ action }) => action === 'member.removed');
  });
  expect(removal).toMatchObject({ actorId: ann.id, userId: bo.id, conversationId: group.body.id });
  const first = await audit(`userId=${ann.id}&limit=2`);
  expect(first.items.map(({ action }) => action)).toEqual(['audit.read', 'member.removed']);
  const second = await audit(`userId=${ann.id}&limit=2&cursor=${first.nextCursor ?? ''}`);
  expect(second.items).toMatchObject([{ action: 'message.deleted', messageId }, {}]);
  expect(JSON.stringify([first, second])).not.toContain('unspeakable');
});
