import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChangesPage } from '../shared/contract/changes.ts';
import type { HistoryAnswer } from './support/chat.ts';
import { User, type Device, type SendAnswer } from './support/chat.ts';

const devices: Device[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.stop();
});

const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
const sha256 = createHash('sha256').update(png).digest('hex');

interface Reservation {
  attachmentId: string;
  uploadUrl: string;
  headers: Record<string, string>;
}

/** Ann and Bo, who have written to each other. */
const aPair = async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  const { conversationId } = await ann.send(bo, 'Hello');
  await ann.historyWith(conversationId, 1);
  return { ann, bo, conversationId, at: `/conversations/${conversationId}` };
};

const reserve = async (user: User, conversationId: string, more: object = {}): Promise<Reservation> => {
  const file = { fileName: 'a.png', contentType: 'image/png', size: png.length, sha256, ...more };
  const { status, body } = await user.post<Reservation>('/attachments', { conversationId, ...file });
  expect(status).toBe(201);
  return body;
};

const upload = async ({ uploadUrl, headers }: Reservation, body = png): Promise<void> => {
  expect((await fetch(uploadUrl, { method: 'PUT', headers, body })).status).toBe(201);
};

describe('an attachment that is reserved before its message', () => {
  it('is uploaded, completed and sent, and fetched by members', async () => {
    const { ann, bo, conversationId, at } = await aPair();
    const reserved = await reserve(ann, conversationId);
    await upload(reserved);
    const path = `/attachments/${reserved.attachmentId}`;
    const completed = await ann.post<{ availableAt: string }>(`${path}/complete`, {});
    expect(completed).toMatchObject({ status: 200, body: { conversationId, messageId: null } });
    const sent = await ann.post<SendAnswer>(`${at}/messages`, { attachmentId: reserved.attachmentId });
    expect(sent.status).toBe(202);
    const { items } = await bo.historyWith(conversationId, 2);
    expect(items[1]).toMatchObject({
      type: 'image',
      attachment: { attachmentId: reserved.attachmentId, sha256, availableAt: completed.body.availableAt },
    });
    const got = await bo.get<{ downloadUrl: string }>(path);
    const download = await fetch(got.body.downloadUrl);
    expect(Buffer.from(await download.arrayBuffer())).toEqual(png);
    expect(download.headers.get('content-type')).toBe('image/png');
    const again = await ann.post(`${at}/messages`, { attachmentId: reserved.attachmentId, messageText: '2' });
    expect(again).toMatchObject({ status: 409, body: { code: 'attachment-used' } });
  });

  it('that is completed after its message is told to who is online, and to others by the changes', async () => {
    const { ann, bo, conversationId, at } = await aPair();
    const phone = await bo.goOnline();
    devices.push(phone);
    const reserved = await reserve(ann, conversationId);
    const { attachmentId } = reserved;
    const { body: sent } = await ann.post<SendAnswer>(`${at}/messages`, { attachmentId });
    await bo.historyWith(conversationId, 2);
    await upload(reserved);
    await ann.post(`/attachments/${attachmentId}/complete`, {});
    const { messageId } = sent;
    const told = { type: 'attachment.available', messageId, attachmentId, seq: 2, rev: 1, by: ann.id };
    expect(await phone.event('attachment.available')).toMatchObject({ ...told, conversationId });
    expect((await bo.get<ChangesPage>(`${at}/changes?after=0`)).body.items).toMatchObject([told]);
    const { body } = await bo.get<HistoryAnswer>(`${at}/messages`);
    expect(body.items[1]?.attachment?.availableAt).toEqual(expect.any(String));
  });

  it('that is not what was announced is refused with the reason, and is gone', async () => {
    const { ann, conversationId } = await aPair();
    const page = Buffer.from('<!doctype html><script>alert(1)</script>');
    const other = Buffer.from(png).fill(1, 12);
    const cases: [Reservation, typeof page, string][] = [
      [await reserve(ann, conversationId), page, 'attachment-size-mismatch'],
      [await reserve(ann, conversationId, { size: page.length }), page, 'attachment-type-mismatch'],
      [await reserve(ann, conversationId), other, 'attachment-hash-mismatch'],
    ];
    for (const [reserved, bytes, code] of cases) {
      const path = `/attachments/${reserved.attachmentId}`;
      expect(await ann.post(`${path}/complete`, {})).toMatchObject({
        ...{ status: 409, body: { code: 'attachment-pending' } },
      });
      await upload(reserved, bytes);
      for (const answer of [await ann.post(`${path}/complete`, {}), await ann.get(path)])
        expect(answer).toMatchObject({ status: 422, body: { code } });
    }
  });
});
