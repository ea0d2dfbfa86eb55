import { afterEach, describe, expect, it } from 'vitest';
import { User, type Device, type SendAnswer } from './support/chat.ts';

interface Conversation {
  id: string;
  title: string | null;
  members: { userId: string; role: string }[];
  headSeq: number;
}

const devices: Device[] = [];

const online = async (user: User): Promise<Device> => {
  const device = await user.goOnline();
  devices.push(device);
  return device;
};

afterEach(() => {
  for (const device of devices.splice(0)) device.stop();
});

const three = (): Promise<[User, User, User]> =>
  Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);

const say = async (user: User, conversationId: string, messageText: string): Promise<SendAnswer> => {
  const { status, body } = await user.post<SendAnswer>(`/conversations/${conversationId}/messages`, {
    messageText,
  });
  expect(status).toBe(202);
  return body;
};

describe('a group conversation', () => {
  it('brings a message to whoever is online, by the topic, and into the inbox of whoever is not', async () => {
    const [ann, bo, cy] = await three();
    const bosPhone = await online(bo); // before there is a group
    const created = await ann.post<Conversation>('/conversations', {
      type: 'group',
      memberIds: [bo.id, cy.id],
      title: 'Trip',
    });
    expect(created.status).toBe(201);
    const { id } = created.body;
    expect(await bosPhone.event('conversation.created')).toMatchObject({ conversationId: id, by: ann.id });
    const annsPhone = await online(ann); // after
    const { messageId } = await say(ann, id, 'Where to?');
    for (const device of [bosPhone, annsPhone])
      expect(await device.event('message.created')).toMatchObject({
        conversationId: id,
        seq: 1,
        message: { messageId },
      });
    const [item] = await cy.inboxWith(1);
    expect(item?.message).toMatchObject({ messageId, conversationId: id, senderId: ann.id, seq: 1 });
    await say(bo, id, 'To the mountains!');
    expect((await annsPhone.event('message.created', ({ seq }) => seq === 2)).message.senderId).toBe(bo.id);
  });

  it('finds in the inbox, by its one check, what an online member never acknowledged', async () => {
    const [ann, bo, cy] = await three();
    const { id } = (
      await ann.post<Conversation>('/conversations', { type: 'group', memberIds: [bo.id, cy.id] })
    ).body;
    const [silent, attentive] = await Promise.all([online(bo), online(cy)]);
    await say(ann, id, 'anybody there?');
    await Promise.all([silent.event('message.created'), attentive.event('message.created')]);
    await attentive.ask('receipt.delivered', { conversationId: id, upToSeq: 1 });
    expect((await bo.inboxWith(1)).map(({ message }) => message.messageText)).toEqual(['anybody there?']);
    expect(await cy.inbox()).toEqual([]);
  });

  it('is one for its externalRef, and nothing to strangers', async () => {
    const [ann, bo, eve] = await three();
    const body = { type: 'group', memberIds: [bo.id], externalRef: `order/${ann.id}` };
    const [first, again] = [
      await ann.post<Conversation>('/conversations', body),
      await bo.post<Conversation>('/conversations', body),
    ];
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.id).toBe(first.body.id);
    expect(await eve.post('/conversations', body)).toMatchObject({
      status: 403,
      body: { code: 'not-a-member' },
    });
    expect(await eve.get(`/conversations/${first.body.id}`)).toMatchObject({
      status: 403,
      body: { code: 'not-a-member' },
    });
    expect(await eve.post(`/conversations/${first.body.id}/messages`, { messageText: 'hi' })).toMatchObject({
      status: 403,
    });
    expect((await bo.get<Conversation>(`/conversations/${first.body.id}`)).body.members).toContainEqual({
      fullName: null,
      avatarUrl: null,
      userId: ann.id,
      role: 'owner',
    });
  });

  it('keeps one order for all, whoever sends', async () => {
    const [ann, bo, cy] = await three();
    const { id } = (
      await ann.post<Conversation>('/conversations', { type: 'group', memberIds: [bo.id, cy.id] })
    ).body;
    const phones = await Promise.all([online(ann), online(bo)]);
    await Promise.all(
      [ann, bo, cy].flatMap((user) => [1, 2, 3, 4].map((n) => say(user, id, `${user.id} ${n}`))),
    );
    const { items } = await cy.historyWith(id, 12);
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    for (const phone of phones) {
      await phone.until(() => (phone.messages().length >= 12 ? true : undefined));
      expect(phone.messages().map(({ messageId }) => messageId)).toEqual(
        items.map(({ messageId }) => messageId),
      );
    }
  });
});

describe('a direct conversation', () => {
  it('can be created before its first message', async () => {
    const [ann, bo] = await three();
    const created = await ann.post<Conversation>('/conversations', { type: 'direct', memberIds: [bo.id] });
    expect(created.status).toBe(201);
    const { conversationId } = await ann.send(bo, 'hi');
    expect(conversationId).toBe(created.body.id);
    await bo.inboxWith(1);
    expect(
      (await bo.post<Conversation>('/conversations', { type: 'direct', memberIds: [ann.id] })).status,
    ).toBe(200);
  });
});
