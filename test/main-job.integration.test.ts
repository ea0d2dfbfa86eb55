import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { directConversationId } from '../shared/domain/identifiers.ts';
import type { Device } from './support/chat.ts';
import { eventually, silencingProxy, User, type HistoryAnswer, type SendAnswer } from './support/chat.ts';

const devices: Device[] = [];

const online = async (user: User, through?: (url: string) => string): Promise<Device> => {
  const device = await user.goOnline(through);
  devices.push(device);
  return device;
};

afterEach(() => {
  for (const device of devices.splice(0)) device.stop();
});

const people = (): Promise<[User, User]> => Promise.all([User.create('ann'), User.create('bo')]);

describe('the way of a message', () => {
  it('leads into the inbox of whoever is offline: once, in order, until it is acknowledged', async () => {
    const [ann, bo] = await people();
    const texts = ['one', 'two', 'three'];
    for (const text of texts) await ann.send(bo, text);
    const items = await bo.inboxWith(3);
    expect(items.map(({ message }) => message.messageText)).toEqual(texts);
    expect(items.map(({ message }) => message.seq)).toEqual([1, 2, 3]);
    expect(items[0]?.message).toMatchObject({
      senderId: ann.id,
      type: 'text',
      attachment: null,
      reactions: [],
      pinned: false,
      status: 'sent',
    });
    const inboxIds = items.map(({ inboxId }) => inboxId);
    expect((await bo.post('/inbox/ack', { inboxIds })).body).toEqual({ acknowledged: 3 });
    expect(await bo.inbox()).toEqual([]);
    expect((await bo.post('/inbox/ack', { inboxIds })).body).toEqual({ acknowledged: 0 });
    expect(await ann.inbox()).toEqual([]);
  });

  it('leads to every device of whoever is online, and to the sender’s own', async () => {
    const [ann, bo] = await people();
    const [phone, laptop, annsPhone] = await Promise.all([online(bo), online(bo), online(ann)]);
    const { messageId, conversationId } = await ann.send(bo, 'hello');
    for (const device of [phone, laptop, annsPhone])
      expect(await device.event('message.created')).toMatchObject({
        conversationId,
        seq: 1,
        message: { messageId, messageText: 'hello', senderId: ann.id },
      });
    expect(await phone.ask('receipt.delivered', { conversationId, upToSeq: 1 })).toMatchObject({ ok: true });
    expect(await annsPhone.event('receipt.delivered')).toMatchObject({
      userId: bo.id,
      upToSeq: 1,
      conversationId,
    });
    expect(await bo.inbox()).toEqual([]);
    const { items } = await ann.historyWith(conversationId, 1);
    expect(items[0]).toMatchObject({
      status: 'delivered',
      deliveredAt: expect.stringMatching(/Z$/) as unknown,
    });
  });

  it('begins as well over the socket', async () => {
    const [ann, bo] = await people();
    const [annsPhone, bosPhone] = await Promise.all([online(ann), online(bo)]);
    const ack = await annsPhone.ask('message.send', {
      receiverId: bo.id,
      messageText: 'hi',
      clientMessageId: 'c1',
    });
    expect(ack).toMatchObject({ ok: true, conversationId: directConversationId(ann.id, bo.id) });
    expect((await bosPhone.event('message.created')).message.messageId).toBe(ack.messageId);
    const refused = await annsPhone.ask('message.send', { receiverId: bo.id });
    expect(refused).toMatchObject({ ok: false, error: { code: 'malformed-request' } });
  });

  it('carries what a message answers and whom it names, live and into the history', async () => {
    const [ann, bo] = await people();
    const { messageId, conversationId } = await ann.send(bo, 'Lunch?');
    await ann.historyWith(conversationId, 1);
    const phone = await online(ann);
    const relations = { replyTo: messageId, mentions: [ann.id] };
    await bo.send(ann, 'Yes!', relations);
    expect((await phone.event('message.created')).message).toMatchObject(relations);
    expect((await bo.historyWith(conversationId, 2)).items[1]).toMatchObject(relations);
    const wrong = await bo.post('/sendMessage', {
      receiverId: ann.id,
      messageText: 'x',
      replyTo: 'that one',
    });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/replyTo' }] } });
  });

  it('tells a device that connects which conversations it is in', async () => {
    const [ann, bo] = await people();
    const { conversationId } = await ann.send(bo, 'hello');
    await bo.inboxWith(1);
    const device = await online(bo);
    expect(await device.event('connected')).toMatchObject({ userId: bo.id, conversations: [conversationId] });
  });

  it('takes the original payload as it stands', async () => {
    const [ann, bo] = await people();
    const answer = await ann.post<SendAnswer>('/sendMessage', {
      SenderID: ann.id,
      ReceiverID: bo.id,
      Timestamp: '2025-02-11T12:30:45Z',
      MessageText: "Hey, how's it going?",
      AttachmentURL: null,
    });
    expect(answer.status).toBe(202);
    const [item] = await bo.inboxWith(1);
    expect(item?.message).toMatchObject({
      messageText: "Hey, how's it going?",
      messageId: answer.body.messageId,
    });
  });
});

describe('nothing is lost, nothing is there twice', () => {
  it('keeps two messages of the same millisecond to the same receiver', async () => {
    const [ann, cy] = await people();
    const bo = await User.create('bo');
    await Promise.all([ann.send(bo, 'from ann'), cy.send(bo, 'from cy'), ann.send(bo, 'from ann again')]);
    const items = await bo.inboxWith(3);
    expect(items.map(({ message }) => message.messageText).sort()).toEqual([
      'from ann',
      'from ann again',
      'from cy',
    ]);
  });

  it('makes one message of the same clientMessageId five times at once, and answers the same id', async () => {
    const [ann, bo] = await people();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ann.send(bo, 'once', { clientMessageId: 'the-same' })),
    );
    expect(new Set(answers.map(({ messageId }) => messageId)).size).toBe(1);
    await ann.send(bo, 'afterwards');
    const { items } = await ann.historyWith(answers[0]?.conversationId ?? '', 2);
    expect(items.map(({ messageText }) => messageText)).toEqual(['once', 'afterwards']);
  });

  it('makes one message of what the queue brings twice, long after its own duplicate detection', async () => {
    const [ann, bo] = await people();
    const { conversationId } = await ann.send(bo, 'once');
    await bo.inboxWith(1);
    const serviceBus = new ServiceBusClient(inject('stack').settings.ServiceBusConnection ?? '');
    const { items } = await ann.historyWith(conversationId, 1);
    const { messageId, clientMessageId, messageText } = items[0] ?? {};
    const again = {
      v: 1,
      kind: 'message',
      traceparent: '',
      message: {
        ...{ messageId, conversationId, senderId: ann.id, clientMessageId, messageText },
        ...{ directMembers: [ann.id, bo.id], attachment: null, attachmentUrl: null },
        acceptedAt: new Date().toISOString(),
      },
    };
    // A MessageId of its own, as a redriven message has: the queue lets it through.
    await serviceBus.createSender('chat-queue').sendMessages({
      body: again,
      sessionId: conversationId,
      messageId: 'redriven',
      contentType: 'application/json',
    });
    await serviceBus.close();
    await ann.send(bo, 'afterwards');
    const history = await ann.historyWith(conversationId, 2);
    expect(history.items.map(({ messageText: text }) => text)).toEqual(['once', 'afterwards']);
    expect(await bo.inboxWith(2)).toHaveLength(2);
  });

  it('keeps the order of 40 awaited sends, in a history without a hole', async () => {
    const [ann, bo] = await people();
    const device = await online(bo);
    const texts = Array.from({ length: 40 }, (_, n) => `message ${n}`);
    let conversationId = '';
    for (const text of texts) ({ conversationId } = await ann.send(bo, text));
    const { items } = await ann.historyWith(conversationId, 40);
    expect(items.map(({ messageText }) => messageText)).toEqual(texts);
    expect(items.map(({ seq }) => seq)).toEqual(texts.map((_, n) => n + 1));
    await device.until(() => (device.messages().length >= 40 ? true : undefined));
    expect(device.messages().map(({ messageText }) => messageText)).toEqual(texts);
  });

  it('finds in the inbox what a silently dead socket swallowed', async () => {
    const [ann, bo] = await people();
    const proxy = await silencingProxy();
    await online(bo, proxy.through);
    proxy.silence();
    await ann.send(bo, 'are you there?');
    const [item] = await bo.inboxWith(1);
    expect(item?.message.messageText).toBe('are you there?');
    await proxy.stop();
  });

  it('shows an online receiver an empty inbox after acknowledging, also after the delivery check', async () => {
    const [ann, bo] = await people();
    const device = await online(bo);
    const { conversationId } = await ann.send(bo, 'seen');
    await device.event('message.created');
    await device.ask('receipt.delivered', { conversationId, upToSeq: 1 });
    // A later check of another conversation has passed: so has the one of this.
    const cy = await User.create('cy');
    const silent = await online(cy);
    await ann.send(cy, 'unacknowledged');
    await silent.event('message.created');
    await cy.inboxWith(1);
    expect(await bo.inbox()).toEqual([]);
  });
});

describe('what can never succeed', () => {
  it('is parked with its reason, and holds up nothing behind it', async () => {
    const [ann, bo] = await people();
    const { conversationId } = await ann.send(bo, 'before');
    const serviceBus = new ServiceBusClient(inject('stack').settings.ServiceBusConnection ?? '');
    const sender = serviceBus.createSender('chat-queue');
    const marker = `not an envelope ${conversationId}`;
    await sender.sendMessages({ body: marker, sessionId: conversationId });
    const gone = `g-${conversationId.slice(2)}`;
    await sender.sendMessages({
      sessionId: conversationId,
      contentType: 'application/json',
      body: {
        ...{ v: 1, kind: 'message', traceparent: '' },
        message: {
          ...{
            messageId: 'm-1',
            conversationId: gone,
            senderId: ann.id,
            clientMessageId: 'c',
            messageText: 'x',
          },
          ...{
            directMembers: null,
            attachment: null,
            attachmentUrl: null,
            acceptedAt: new Date().toISOString(),
          },
        },
      },
    });
    await ann.send(bo, 'after');
    const { items } = await ann.historyWith(conversationId, 2);
    expect(items.map(({ messageText }) => messageText)).toEqual(['before', 'after']);
    const parked = await eventually(async () => {
      const receiver = serviceBus.createReceiver('chat-deadletter'); // a new one peeks from the beginning
      const peeked = await receiver.peekMessages(200);
      await receiver.close();
      const found = peeked.filter(({ body }) => JSON.stringify(body).includes(conversationId.slice(2)));
      return found.length >= 2 ? found : undefined;
    });
    expect(parked.map(({ applicationProperties }) => applicationProperties?.reason)).toEqual([
      'malformed-envelope',
      'not-found',
    ]);
    await serviceBus.close();
  });
});

describe('an attachment', () => {
  it('is uploaded once to the URL of the answer, and downloaded by members only', async () => {
    const [ann, bo] = await people();
    const attachment = { fileName: 'naïve "q".txt', contentType: 'text/plain', size: 4 };
    const { attachment: reserved } = await ann.send(bo, 'look', { attachment });
    const put = (url: string): Promise<Response> =>
      fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'data' });
    await bo.inboxWith(1);
    const path = `/attachments/${reserved?.attachmentId ?? ''}`;
    expect(await bo.get(path)).toMatchObject({ status: 409, body: { code: 'attachment-pending' } });
    expect((await put(reserved?.uploadUrl ?? '')).status).toBe(201);
    expect([403, 409]).toContain((await put(reserved?.uploadUrl ?? '')).status);
    expect(await ann.post(`${path}/complete`, {})).toMatchObject({ status: 200 });
    const got = await bo.get<{ downloadUrl: string; fileName: string }>(path);
    expect(got.body.fileName).toBe('naïve _q_.txt');
    const download = await fetch(got.body.downloadUrl);
    expect(await download.text()).toBe('data');
    expect(download.headers.get('content-disposition')).toMatch(/^attachment; filename="/);
    expect((await fetch(got.body.downloadUrl, { method: 'DELETE' })).status).toBe(403);
    const eve = await User.create('eve');
    expect(await eve.get(path)).toMatchObject({ status: 403, body: { code: 'not-a-member' } });
    expect((await eve.get(`/attachments/a-${'x'.repeat(24)}`)).status).toBe(403);
  });
});

describe('a stranger', () => {
  it('gets the same 403 for a conversation of others, for none, and for no id at all', async () => {
    const [ann, bo] = await people();
    const eve = await User.create('eve');
    const { conversationId } = await ann.send(bo, 'private');
    await bo.inboxWith(1);
    const ids = [conversationId, `d-${'x'.repeat(24)}`, 'nonsense', encodeURIComponent("d-' or 1 eq 1")];
    const answers = await Promise.all(
      ids.flatMap((id) => [
        eve.get(`/conversations/${id}/messages`),
        eve.get(`/conversations/${id}/messages?limit=nonsense`),
        eve.post(`/conversations/${id}/messages`, { nonsense: true }),
      ]),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect(body).toMatchObject({ code: 'not-a-member', detail: answers[0]?.body.detail });
    }
    const sent = await eve.post('/sendMessage', { conversationId, messageText: 'let me in' });
    expect(sent).toMatchObject({ status: 403, body: { code: 'not-a-member' } });
    const history = await ann.get<HistoryAnswer>(`/conversations/${conversationId}/messages`);
    expect(history.body.headSeq).toBe(1);
  });
});
