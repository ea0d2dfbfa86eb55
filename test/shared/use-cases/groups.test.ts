import { describe, expect, it, vi } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { newConversation } from '../../../shared/contract/conversations.ts';
import { historyQuery } from '../../../shared/contract/lists.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import { notAMember } from '../../../shared/domain/errors.ts';
import { messageIdOf, newGroupConversationId } from '../../../shared/domain/identifiers.ts';
import type { Directory } from '../../../shared/ports/directory.ts';
import type { DeliveryCheck } from '../../../shared/ports/outbox.ts';
import type { Profiles } from '../../../shared/ports/profiles.ts';
import { checkDelivery } from '../../../shared/use-cases/check-delivery.ts';
import { admitClient, connectClient } from '../../../shared/use-cases/connect-client.ts';
import { createConversation } from '../../../shared/use-cases/create-conversation.ts';
import { deliverMessage } from '../../../shared/use-cases/deliver-message.ts';
import { getConversation } from '../../../shared/use-cases/get-conversation.ts';
import { readHistory } from '../../../shared/use-cases/read-history.ts';
import { readInbox } from '../../../shared/use-cases/read-inbox.ts';
import { recordReceipt, type ReceiptKind } from '../../../shared/use-cases/record-receipt.ts';
import { aGroup, anAcceptedMessage, aToken, messagesIn } from '../../support/builders.ts';
import {
  FakeBroadcaster,
  FakeEventFeed,
  FakeOutbox,
  FakeTimer,
  tracing,
  fakeModerator,
} from '../../support/fakes.ts';

const [ann, bo, cy, di] = ['ann', 'bo', 'cy', 'di'];

const aChat = (inboxGroupSize = 100) => {
  const clock = new FakeTimer();
  const broadcaster = new FakeBroadcaster();
  const outbox = new FakeOutbox();
  const events = new FakeEventFeed();
  const [log, inbox, presence] = [new MemoryConversationLog(), new MemoryInbox(), new MemoryPresence()];
  const profiles: Profiles = {
    find: (ids) =>
      Promise.resolve(new Map(ids.includes(ann) ? [[ann, { fullName: 'Ann Lee', avatarUrl: null }]] : [])),
  };
  const directory: Directory = {
    find: (userId) => Promise.resolve(userId === 'nobody' ? undefined : userId),
  };
  const parts = {
    log,
    inbox,
    presence,
    blocks: new MemoryBlocks(),
    expiries: new MemoryExpiries(),
    broadcaster,
    outbox,
    events,
    clock,
    directory,
    profiles,
    moderator: fakeModerator,
    rateLimiter: { take: () => Promise.resolve() },
    inboxGroupSize,
    minAgeMs: 5000,
  };
  const create = createConversation(parts);
  const deliver = deliverMessage(parts);
  const read = readInbox(parts);
  let count = 0;
  return {
    ...parts,
    create: (by: string, body: object) =>
      create(by, newConversation.parse({ type: 'group', memberIds: [], ...body })),
    say: (from: string, conversationId: string) => {
      const clientMessageId = `c${count++}`;
      const messageId = messageIdOf(conversationId, from, clientMessageId);
      const message = anAcceptedMessage({
        from,
        to: 'nobody',
        conversationId,
        clientMessageId,
        messageId,
        directMembers: null,
      });
      return deliver(message, tracing);
    },
    inboxOf: async (userId: string) =>
      messagesIn((await read(userId, 100, undefined)).items).map(({ message }) => message.seq),
    check: (check: DeliveryCheck) => {
      clock.advance(15_000);
      return checkDelivery(parts)(check, tracing);
    },
    receipt: (userId: string, kind: ReceiptKind, conversationId: string, upToSeq: number) =>
      recordReceipt(parts)(userId, kind, conversationId, () => Promise.resolve(upToSeq)),
    history: readHistory(parts),
    get: getConversation(parts),
  };
};

/** Cy has joined behind the first message, and what was before is hidden from those who join. */
const aLateJoiner = async () => {
  const chat = aChat();
  const conversationId = newGroupConversationId();
  await chat.log.create(aGroup(ann, [bo], { conversationId, earlierHistory: 'hidden' }), chat.clock.now());
  const first = { ...anAcceptedMessage({ from: ann, to: bo }), conversationId, directMembers: null };
  const deliver = () => deliverMessage(chat)(first, tracing);
  await deliver();
  const changes = new MemoryChangeLog(chat.log);
  const action = { type: 'add-members' as const, userIds: [cy], role: 'member' as const };
  const change = { changeId: 'c-1', conversationId, userId: ann, acceptedAt: first.acceptedAt, action };
  const circumstances = { now: chat.clock.now(), maxMembers: 10 };
  await changes.apply(change, (ground) => decideChange(change, ground, circumstances), chat.clock.now());
  return { ...chat, conversationId, deliver };
};

describe('a group', () => {
  it('shows a message that comes again to nobody from whom it is hidden by now', async () => {
    const { conversationId, deliver, broadcaster, presence } = await aLateJoiner();
    await presence.connected(bo, 'phone');
    await presence.connected(cy, 'laptop');
    expect(broadcaster.messagesTo(conversationId)).toEqual([1]);
    await deliver();
    expect(broadcaster.messagesTo(conversationId)).toEqual([1]);
    expect(broadcaster.messagesTo(bo)).toEqual([1]);
    expect(broadcaster.messagesTo(cy)).toEqual([]);
  });

  it('has its members looked after by a check also when one of them leaves meanwhile', async () => {
    const chat = aChat();
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy] });
    await chat.say(ann, conversation.id);
    await chat.presence.connected(cy, 'phone');
    const note = chat.log.noteChecked.bind(chat.log);
    vi.spyOn(chat.log, 'noteChecked').mockImplementation((id, userId, seq) =>
      userId === bo ? Promise.reject(notAMember()) : note(id, userId, seq),
    );
    const before = chat.broadcaster.messagesTo(cy).length;
    await chat.check({ conversationId: conversation.id, userId: null });
    expect(await chat.inboxOf(cy)).toEqual([1]);
    expect(chat.broadcaster.messagesTo(cy).length).toBe(before + 1);
  });

  it('has its creator as owner, each member once, and joins their devices', async () => {
    const chat = aChat();
    const { conversation, isNew } = await chat.create(ann, {
      memberIds: [bo, cy, bo, ann],
      title: ' Trip ',
      metadata: { a: 1 },
    });
    expect(isNew).toBe(true);
    expect(conversation).toMatchObject({
      type: 'group',
      title: 'Trip',
      metadata: { a: 1 },
      createdBy: ann,
      headSeq: 0,
      headRev: 0,
    });
    expect(conversation.members).toEqual([
      { userId: ann, role: 'owner', fullName: 'Ann Lee', avatarUrl: null },
      { userId: bo, role: 'member', fullName: null, avatarUrl: null },
      { userId: cy, role: 'member', fullName: null, avatarUrl: null },
    ]);
    expect(chat.broadcaster.joined).toEqual([{ conversationId: conversation.id, userIds: [ann, bo, cy] }]);
    expect(chat.broadcaster.pushed).toMatchObject([
      { to: conversation.id, event: { type: 'conversation.created', by: ann } },
    ]);
    expect(await chat.get(bo, conversation.id)).toMatchObject({ id: conversation.id, title: 'Trip' });
  });

  it('with an externalRef exists once, and is not given to strangers', async () => {
    const chat = aChat();
    const first = await chat.create(ann, { memberIds: [bo], externalRef: 'order/7' });
    const second = await chat.create(bo, { memberIds: [], externalRef: 'order/7' });
    expect(second).toMatchObject({
      isNew: false,
      conversation: { id: first.conversation.id, externalRef: 'order/7' },
    });
    await expect(chat.create(cy, { memberIds: [], externalRef: 'order/7' })).rejects.toMatchObject({
      code: 'not-a-member',
    });
    const other = await chat.create(ann, { memberIds: [bo] });
    expect(other.conversation.id).not.toBe(first.conversation.id);
  });

  it('is not made with somebody who does not exist', async () => {
    const chat = aChat();
    await expect(chat.create(ann, { memberIds: [bo, 'nobody'] })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await chat.log.conversationsOf(bo)).toEqual([]);
  });

  it('costs one push however many are online, and rows only for who is not', async () => {
    const chat = aChat();
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy, di] });
    chat.broadcaster.pushed.length = 0;
    await chat.presence.connected(bo, 'b1');
    await chat.presence.connected(cy, 'c1');
    await chat.say(ann, conversation.id);
    expect(chat.broadcaster.pushed.map(({ to }) => to)).toEqual([conversation.id]);
    expect(await chat.inboxOf(di)).toEqual([1]);
    expect([await chat.inboxOf(ann), await chat.inboxOf(bo), await chat.inboxOf(cy)]).toEqual([[], [], []]);
    expect(chat.outbox.checks).toEqual([{ conversationId: conversation.id, userId: null }]);
  });

  it('finds with one check what did not arrive, for each member by itself', async () => {
    const chat = aChat();
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy, di] });
    for (const userId of [ann, bo, cy, di]) await chat.presence.connected(userId, `${userId}1`);
    await chat.say(ann, conversation.id);
    await chat.say(bo, conversation.id);
    await chat.receipt(bo, 'delivered', conversation.id, 2);
    await chat.receipt(cy, 'delivered', conversation.id, 1);
    expect(await chat.check({ conversationId: conversation.id, userId: null })).toBe(4);
    expect(await chat.inboxOf(ann)).toEqual([2]);
    expect(await chat.inboxOf(bo)).toEqual([]);
    expect(await chat.inboxOf(cy)).toEqual([2]);
    expect(await chat.inboxOf(di)).toEqual([1, 2]);
    expect(await chat.check({ conversationId: conversation.id, userId: null })).toBe(0);
  });

  it('keeps a message for all when the push fails', async () => {
    const chat = aChat();
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy] });
    await chat.presence.connected(bo, 'b1');
    chat.broadcaster.isDown = true;
    await chat.say(ann, conversation.id);
    expect([await chat.inboxOf(bo), await chat.inboxOf(cy)]).toEqual([[1], [1]]);
  });

  it('beyond the configured size has no inbox: its members catch up from the log', async () => {
    const chat = aChat(2);
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy] });
    await chat.say(ann, conversation.id);
    expect([await chat.inboxOf(bo), await chat.inboxOf(cy)]).toEqual([[], []]);
    expect(chat.outbox.checks).toEqual([]);
  });

  it('shows a message as delivered and read once it is by all others', async () => {
    const chat = aChat();
    const { conversation } = await chat.create(ann, { memberIds: [bo, cy] });
    await chat.say(ann, conversation.id);
    const status = async (): Promise<string | undefined> =>
      (await chat.history(ann, conversation.id, () => historyQuery.parse({ limit: '5' }))).items[0]?.status;
    await chat.receipt(bo, 'read', conversation.id, 1);
    expect(await status()).toBe('sent');
    await chat.receipt(cy, 'delivered', conversation.id, 1);
    expect(await status()).toBe('delivered');
    await chat.receipt(cy, 'read', conversation.id, 1);
    expect(await status()).toBe('read');
    expect(chat.broadcaster.pushed.at(-1)).toMatchObject({
      to: conversation.id,
      event: { type: 'receipt.read', userId: cy },
    });
  });
});

describe('a direct conversation', () => {
  it('is one, whoever creates it and however', async () => {
    const chat = aChat();
    const first = await chat.create(ann, { type: 'direct', memberIds: [bo] });
    expect(first.isNew).toBe(true);
    const second = await chat.create(bo, { type: 'direct', memberIds: [ann, bo] });
    expect(second).toMatchObject({ isNew: false, conversation: { id: first.conversation.id } });
  });

  it.each([[[]], [[ann]], [[bo, cy]]])('needs exactly one other: %j is refused', async (memberIds) => {
    await expect(aChat().create(ann, { type: 'direct', memberIds })).rejects.toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/memberIds' }],
    });
  });
});

describe('a device that connects', () => {
  const token = aToken();

  const connecting = (chat: ReturnType<typeof aChat>) => ({
    admit: admitClient({
      ...chat,
      rateLimiter: { take: () => Promise.resolve() },
      requireGoodToken: () => Promise.resolve(),
      maxConnections: 10,
    }),
    connect: connectClient(chat),
  });

  it('gets the events of its user’s groups, and is told all conversations', async () => {
    const chat = aChat();
    const { conversation: group } = await chat.create(ann, { memberIds: [bo] });
    const { conversation: direct } = await chat.create(ann, { type: 'direct', memberIds: [bo] });
    const { admit, connect } = connecting(chat);
    const { groups, fingerprint } = await admit(bo, 'b1', token);
    expect(groups).toEqual([group.id, token.id]);
    await connect(bo, 'b1', fingerprint);
    const told = chat.broadcaster.pushed.at(-1);
    expect(told).toMatchObject({ to: 'b1', event: { type: 'connected', userId: bo } });
    expect(told?.event.type === 'connected' && told.event.conversations.toSorted()).toEqual(
      [direct.id, group.id].toSorted(),
    );
    expect(await chat.presence.isOnline(bo)).toBe(true);
  });

  it('is asked to connect anew when its memberships changed meanwhile', async () => {
    const chat = aChat();
    const { admit, connect } = connecting(chat);
    const { fingerprint } = await admit(bo, 'b1', token);
    await chat.create(ann, { memberIds: [bo] });
    await connect(bo, 'b1', fingerprint);
    expect(chat.broadcaster.closed).toEqual(['b1']);
  });
});

describe('a direct conversation with somebody who has blocked its creator', () => {
  it('is not created, nor answered if it is there; the blocker’s own is', async () => {
    const chat = aChat();
    await chat.blocks.block(bo, ann, chat.clock.now());
    const create = (by: string, other: string) => chat.create(by, { type: 'direct', memberIds: [other] });
    await expect(create(ann, bo)).rejects.toMatchObject({ code: 'blocked' });
    expect(await create(bo, ann)).toMatchObject({ isNew: true });
    await expect(create(ann, bo)).rejects.toMatchObject({ code: 'blocked' });
    expect(await chat.create(ann, { memberIds: [bo] })).toMatchObject({ isNew: true }); // a group
  });
});
