import { expect, it } from 'vitest';
import { User } from './support/chat.ts';

interface Forwarded {
  messages: { conversationId: string; messageId: string }[];
}

it('a picture is forwarded, stays when the original is deleted, and is for members only', async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const attachment = { fileName: 'a.txt', contentType: 'text/plain', size: 4 };
  const sent = await ann.send(bo, 'Look', { attachment });
  const put = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'data' };
  expect((await fetch(sent.attachment?.uploadUrl ?? '', put)).status).toBe(201);
  const original = `/attachments/${sent.attachment?.attachmentId ?? ''}`;
  expect((await ann.post(`${original}/complete`, {})).status).toBe(200);
  const other = await bo.send(cy, 'Hello');
  await Promise.all([ann.historyWith(sent.conversationId, 1), cy.historyWith(other.conversationId, 1)]);

  const message = `/conversations/${sent.conversationId}/messages/${sent.messageId}`;
  const body = { conversationIds: [other.conversationId], clientMessageId: 'f1' };
  expect(await cy.post(`${message}/forward`, 7)).toMatchObject({
    status: 403,
    body: { code: 'not-a-member' },
  });
  expect(await bo.post(`${message}/forward`, { conversationIds: [] })).toMatchObject({ status: 400 });
  expect(await ann.post(`${message}/forward`, body)).toMatchObject({ body: { code: 'not-a-member' } });
  const forwarded = await bo.post<Forwarded>(`${message}/forward`, body);
  expect(forwarded.status).toBe(202);
  expect((await bo.post<Forwarded>(`${message}/forward`, body)).body).toEqual(forwarded.body);

  const { items } = await cy.historyWith(other.conversationId, 2);
  expect(items).toHaveLength(2);
  expect(items[1]).toMatchObject({
    messageId: forwarded.body.messages[0]?.messageId,
    ...{ senderId: bo.id, messageText: 'Look', forwardedFrom: { senderId: ann.id } },
  });
  const copy = `/attachments/${items[1]?.attachment?.attachmentId ?? ''}`;
  expect((await ann.get(copy)).status).toBe(403);
  expect((await cy.get(original)).status).toBe(403);

  expect((await ann.call('DELETE', message)).status).toBe(202);
  await expect.poll(async () => (await bo.get(original)).status, { timeout: 20_000 }).toBe(404);
  const got = await cy.get<{ downloadUrl: string }>(copy);
  expect(await (await fetch(got.body.downloadUrl)).text()).toBe('data');
  expect((await ann.post(`${message}/restore`, {})).status).toBe(202);
  await expect.poll(async () => (await bo.get(original)).status, { timeout: 20_000 }).toBe(200);
});
