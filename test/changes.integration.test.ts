import { afterEach, describe, expect, it } from 'vitest';
import type { ChangesPage } from '../shared/contract/changes.ts';
import type { Message } from '../shared/domain/message.ts';
import {
  eventually,
  request,
  silencingProxy,
  User,
  type Device,
  type HistoryAnswer,
} from './support/chat.ts';

const devices: Device[] = [];

const online = async (user: User, through?: (url: string) => string): Promise<Device> => {
  const device = await user.goOnline(through);
  devices.push(device);
  return device;
};

afterEach(() => {
  for (const device of devices.splice(0)) device.stop();
});

/** Ann and Bo, with a message of Ann's. */
const aPair = async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  const { messageId, conversationId } = await ann.send(bo, 'Hello');
  await ann.historyWith(conversationId, 1);
  return { ann, bo, messageId, at: `/conversations/${conversationId}`, conversationId };
};

/** A group of Ann, its owner, and Bo. */
const aTrip = async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const created = await ann.post<{ id: string }>('/conversations', {
    type: 'group',
    memberIds: [bo.id],
    title: 'Trip',
  });
  const conversationId = created.body.id;
  return { ann, bo, cy, conversationId, at: `/conversations/${conversationId}` };
};

const read = async (user: User, at: string): Promise<Message[]> =>
  (await user.get<HistoryAnswer>(`${at}/messages`)).body.items;

const changes = async (user: User, at: string, after = 0): Promise<ChangesPage> =>
  (await user.get<ChangesPage>(`${at}/changes?after=${after}`)).body;

describe('a message that is changed', () => {
  it('is edited, reacted to, pinned, deleted and restored, and every device is told in order', async () => {
    const { ann, bo, messageId, at } = await aPair();
    const phone = await online(bo);
    const message = `${at}/messages/${messageId}`;
    const edited = await ann.call('PATCH', message, { messageText: 'Hello, Bo!' });
    expect(edited).toMatchObject({ status: 202, body: { changeId: expect.stringMatching(/^c-/) as string } });
    await phone.event('message.updated');
    for (const [user, method, path] of [
      [bo, 'PUT', `${message}/reactions/${encodeURIComponent('👍')}`],
      [bo, 'PUT', `${message}/pin`],
      [ann, 'DELETE', message],
    ] as const)
      expect((await user.call(method, path)).status).toBe(202);
    await phone.event('message.deleted');
    expect((await ann.post(`${message}/restore`, {})).status).toBe(202);
    const restored = await phone.event('message.updated', ({ rev }) => rev === 5);
    expect(restored.message).toMatchObject({ messageText: 'Hello, Bo!', reactions: [{ emoji: '👍' }] });
    const told = phone.events.flatMap((event) => ('rev' in event ? [[event.rev, event.type]] : []));
    expect(told).toEqual([
      [1, 'message.updated'],
      [2, 'reaction.added'],
      [3, 'message.pinned'],
      [4, 'message.deleted'],
      [5, 'message.updated'],
    ]);
    const page = await changes(bo, at);
    expect(page.items).toEqual(phone.events.filter((event) => 'rev' in event).map(withoutOldText(page)));
    expect(await bo.get(`${message}/revisions`)).toMatchObject({
      body: { items: [{ messageText: 'Hello' }] },
    });
  });

  it('shows nothing of what was deleted, anywhere', async () => {
    const { ann, bo, messageId, at } = await aPair();
    const message = `${at}/messages/${messageId}`;
    await ann.call('PATCH', message, { messageText: 'The secret' });
    await ann.call('DELETE', message);
    await eventually(async () => ((await changes(bo, at)).headRev === 2 ? true : undefined));
    const everywhere = await Promise.all(
      [
        `${at}/messages`,
        message,
        `${at}/changes`,
        `${message}/revisions`,
        '/conversations',
        at,
        '/inbox',
        '/unread',
      ].map((path) => bo.get(path)),
    );
    expect(JSON.stringify(everywhere)).not.toMatch(/secret|Hello/);
    expect(everywhere[7]?.body).toMatchObject({ total: 0 });
  });

  it('is changed once however often it is asked for under one key', async () => {
    const { ann, messageId, at } = await aPair();
    const ask = () =>
      request<{ changeId: string }>('PUT', `${at}/messages/${messageId}/reactions/x`, {
        token: ann.token,
        headers: { 'idempotency-key': 'k1' },
      });
    const answers = [await ask(), await ask()];
    expect(new Set(answers.map(({ body }) => body.changeId)).size).toBe(1);
    await eventually(async () => ((await changes(ann, at)).headRev > 0 ? true : undefined));
    await ann.call('DELETE', `${at}/messages/${messageId}/reactions/x`);
    await eventually(async () => ((await changes(ann, at)).headRev > 1 ? true : undefined));
    await ask();
    await ann.call('PUT', `${at}/messages/${messageId}/pin`);
    await eventually(async () => ((await changes(ann, at)).headRev > 2 ? true : undefined));
    expect((await changes(ann, at)).items.map(({ type }) => type)).toEqual([
      'reaction.added',
      'reaction.removed',
      'message.pinned',
    ]);
  });

  it('is refused to whom it does not belong', async () => {
    const { ann, bo, messageId, at } = await aPair();
    const stranger = await User.create('eve');
    const message = `${at}/messages/${messageId}`;
    expect(await stranger.call('PATCH', message, { messageText: 7 })).toMatchObject({
      status: 403,
      body: { code: 'not-a-member' },
    });
    expect(await bo.call('PATCH', message, { messageText: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'not-permitted' },
    });
    expect(await bo.call('DELETE', message)).toMatchObject({ body: { code: 'not-permitted' } });
    expect(await ann.call('PATCH', message, { messageText: ' ' })).toMatchObject({ status: 400 });
    expect(await ann.call('DELETE', `${at}/messages/m-1`)).toMatchObject({ status: 404 });
    expect(await ann.call('DELETE', at)).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } });
  });

  it('expires at its time, everywhere', async () => {
    const { ann, bo, at } = await aPair();
    await ann.send(bo, 'Soon gone', { expiresInSeconds: 1 });
    const gone = await eventually(async () => {
      const [, message] = await read(bo, at);
      return message?.deletedAt ? message : undefined;
    });
    expect(gone).toMatchObject({ seq: 2, messageText: null, deletedAt: gone.expiresAt });
    expect(JSON.stringify(await bo.get('/inbox'))).not.toContain('Soon gone');
  });
});

/** An update tells the message as it was then; what is read later, as it is now. */
const withoutOldText = (page: ChangesPage) => (event: unknown) => {
  const change = event as ChangesPage['items'][number];
  const now = page.items.find(({ rev }) => rev === change.rev);
  return now?.type === 'message.updated' ? { ...change, message: now.message } : change;
};

describe('a group whose members change', () => {
  it('brings who joins all that is said from then on', async () => {
    const { ann, cy, at, conversationId } = await aTrip();
    const phone = await online(cy);
    expect((await ann.post(`${at}/members`, { userIds: [cy.id] })).status).toBe(202);
    expect(await phone.event('member.added')).toMatchObject({ conversationId, userIds: [cy.id], by: ann.id });
    expect((await phone.event('message.created')).message).toMatchObject({ type: 'system', seq: 1 });
    await ann.post(`${at}/messages`, { messageText: 'Welcome!' });
    expect((await phone.event('message.created', ({ seq }) => seq === 2)).message.messageText).toBe(
      'Welcome!',
    );
    expect((await cy.get<{ items: { userId: string }[] }>(`${at}/members`)).body.items).toHaveLength(3);
  });

  it('tells who was removed, and nothing after that, on any device, also in the middle of a recovery', async () => {
    const { ann, bo, at } = await aTrip();
    const proxy = await silencingProxy();
    const [phone, laptop] = [await online(bo), await online(bo, proxy.through)];
    await ann.post(`${at}/messages`, { messageText: 'one' });
    await Promise.all([phone, laptop].map((device) => device.event('message.created')));
    proxy.cut(); // the laptop comes back by itself, into the connection it had
    expect((await ann.call('DELETE', `${at}/members/${bo.id}`)).status).toBe(202);
    await phone.event('member.removed');
    expect((await bo.get(`${at}/messages`)).status).toBe(403);
    await ann.post(`${at}/messages`, { messageText: 'secret' });
    await ann.historyWith(at.slice('/conversations/'.length), 3);
    await ann.send(bo, 'Are you there?'); // comes after whatever was sent before
    const isDirect = ({ conversationId }: { conversationId: string }) => conversationId.startsWith('d-');
    for (const device of [phone, laptop]) {
      await device.event('message.created', isDirect);
      expect(JSON.stringify(device.events)).not.toContain('secret');
    }
    expect((await bo.post(`${at}/messages`, { messageText: 'x' })).status).toBe(403);
    await proxy.stop();
  });

  it('lets members leave and come back, without what was said meanwhile', async () => {
    const { ann, bo, at } = await aTrip();
    await ann.post(`${at}/messages`, { messageText: 'before' });
    expect((await bo.call('DELETE', `${at}/members/me`)).status).toBe(202);
    await eventually(async () => ((await bo.get(at)).status === 403 ? true : undefined));
    await ann.post(`${at}/messages`, { messageText: 'secret' });
    await ann.post(`${at}/members`, { userIds: [bo.id] });
    await eventually(async () => ((await bo.get(at)).status === 200 ? true : undefined));
    const view = (await bo.get<{ hidden: number[][]; unreadCount: number; headSeq: number }>(at)).body;
    expect(view).toMatchObject({ hidden: [[2, 3]], unreadCount: 0, headSeq: 4 });
    expect((await read(bo, at)).map(({ seq, messageText }) => [seq, messageText])).toEqual([
      [1, 'before'],
      [4, null],
    ]);
  });

  it('changes roles and settings, and keeps an owner', async () => {
    const { ann, bo, at } = await aTrip();
    expect(await ann.call('DELETE', `${at}/members/me`)).toMatchObject({
      status: 409,
      body: { code: 'last-owner' },
    });
    expect(await bo.call('PATCH', at, { title: 'Mine' })).toMatchObject({ body: { code: 'not-permitted' } });
    await ann.call('PATCH', `${at}/members/${bo.id}`, { role: 'admin' });
    await eventually(async () => ((await changes(ann, at)).headRev === 1 ? true : undefined));
    expect((await bo.call('PATCH', at, { title: 'Ours', metadata: { a: 1 } })).status).toBe(202);
    await eventually(async () => ((await changes(ann, at)).headRev === 2 ? true : undefined));
    expect((await ann.get(at)).body).toMatchObject({ title: 'Ours', metadata: { a: 1 }, headSeq: 2 });
    expect((await bo.call('PATCH', at, { title: null })).status).toBe(202);
    await eventually(async () => ((await changes(ann, at)).headRev === 3 ? true : undefined));
    expect((await ann.get(at)).body).toMatchObject({ title: null, metadata: { a: 1 } });
  });
});
