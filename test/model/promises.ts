import { expect } from 'vitest';
import { changesQuery } from '../../shared/contract/changes.ts';
import { historyQuery } from '../../shared/contract/lists.ts';
import { shownAt, type LoggedMessage } from '../../shared/domain/message.ts';
import type { Chat } from './chat.ts';
import type { Device } from './device.ts';
import type { ModelConversation } from './model.ts';
import type { ModelMessage } from './model-state.ts';
import { refusalKeyOf, users, type World } from './world.ts';

/** What is compared of a message. */
const shownOf = (message: LoggedMessage) => {
  const { seq, messageId, senderId, messageText, system, deletedAt, editedAt, pinned, reactions } = message;
  if (deletedAt !== null) return { seq, messageId, senderId, isGone: true, messageText };
  return {
    ...{ seq, messageId, senderId, messageText, system, pinned, isEdited: editedAt !== null },
    reactions: reactions.flatMap(({ emoji, userIds }) => userIds.map((one) => `${emoji} ${one}`)).toSorted(),
  };
};

const expectedOf = (conversation: ModelConversation, message: ModelMessage) => {
  const { seq, id: messageId, sender: senderId, text: messageText, system, pinned, isEdited } = message;
  if (conversation.isGone(message)) return { seq, messageId, senderId, isGone: true, messageText: null };
  return {
    seq,
    messageId,
    senderId,
    messageText,
    system,
    pinned,
    isEdited,
    reactions: [...message.reactions].toSorted(),
  };
};

/** Everything of a list that comes in pages. */
const allOf = async <T>(
  read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor: string | null }>,
) => {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
};

const seenBy = (conversation: ModelConversation, userId: string): ModelMessage[] =>
  conversation.messages.filter(({ seq }) => conversation.canSee(userId, seq));

/** The history and the changes of a conversation, as one of its members reads them. */
const checkLog = async (chat: Chat, userId: string, id: string, conversation: ModelConversation) => {
  const history = await allOf((cursor) =>
    chat.history(userId, id, () =>
      historyQuery.parse({ ...(cursor ? { cursor } : { after: '0' }), limit: '4' }),
    ),
  );
  const visible = seenBy(conversation, userId);
  expect(history.map(shownOf), `history of ${userId}`).toEqual(
    visible.map((one) => expectedOf(conversation, one)),
  );
  const changes = await allOf((cursor) =>
    chat.changes(userId, id, () => changesQuery.parse({ cursor, limit: '4' })),
  );
  const expected = conversation.changes
    .map((change, n) => ({ ...change, rev: n + 1 }))
    .filter((change) => !('seq' in change) || conversation.canSee(userId, change.seq as number));
  expect(changes, `changes for ${userId}`).toMatchObject(expected);
  for (const message of visible) {
    const versions = await chat.revisions(userId, id, message.id);
    const texts = conversation.isGone(message) ? [] : message.versions;
    expect(versions.map(({ messageText }) => messageText)).toEqual(texts);
  }
};

const checkReceipts = async (chat: Chat, userId: string, id: string, conversation: ModelConversation) => {
  const ids = conversation.memberIds.toSorted();
  const { items } = await chat.receipts(userId, id, () => ({ limit: 100, cursor: undefined }));
  const expected = ids.map((one) => ({
    userId: one,
    deliveredSeq: conversation.deliveredSeq(one),
    readSeq: conversation.member(one)?.readSeq,
  }));
  expect(items, 'receipts').toEqual(expected);
  const members = await chat.members(userId, id, () => ({ limit: 100, cursor: undefined }));
  expect(members.items.map((one) => [one.userId, one.role])).toEqual(
    ids.map((one) => [one, conversation.member(one)?.role]),
  );
};

const checkInbox = async (world: World, chat: Chat, userId: string, own: [string, ModelConversation][]) => {
  const items = await allOf((cursor) => chat.inbox(userId, 3, cursor));
  const messages = items.flatMap((item) => ('message' in item ? [item.message] : []));
  for (const [id, conversation] of own) {
    const kept = messages.filter(({ conversationId }) => conversationId === id).map(({ seq }) => seq);
    expect(kept, `inbox of ${userId}`).toEqual(conversation.missing(userId));
  }
  expect(messages.length, `inbox of ${userId}`).toBe(own.flatMap(([, one]) => one.missing(userId)).length);
  const refusals = items.flatMap((item) => ('rejected' in item ? [refusalKeyOf(item)] : [])).toSorted();
  const known = [...world.refusals].filter(([, refusal]) => refusal.userId === userId);
  expect(
    known.map(([key]) => key),
    `refusals of ${userId}`,
  ).toEqual(expect.arrayContaining(refusals));
  const due = known.filter(([, { isTaken }]) => !isTaken).map(([key]) => key);
  expect(refusals, `refusals of ${userId}`).toEqual(expect.arrayContaining(due));
};

const checkCounts = async (chat: Chat, userId: string, own: [string, ModelConversation][]) => {
  const unread = own.map(([id, one]) => ({ conversationId: id, unreadCount: one.unread(userId) }));
  const { conversations } = await chat.unread(userId);
  const expected = unread.filter(({ unreadCount }) => unreadCount > 0);
  expect(conversations.toSorted(byId), `unread of ${userId}`).toEqual(expected.toSorted(byId));
  const query = { archived: false, unreadOnly: false, q: undefined, cursor: undefined, limit: 50 };
  const { items } = await chat.conversations(userId, query);
  const listed = items.map(({ id, unreadCount }) => ({ conversationId: id, unreadCount }));
  expect(listed.toSorted(byId), `conversations of ${userId}`).toEqual(unread.toSorted(byId));
};

const byId = (a: { conversationId: string }, b: { conversationId: string }): number =>
  a.conversationId < b.conversationId ? -1 : 1;

const checkSearch = async (chat: Chat, userId: string, own: [string, ModelConversation][]) => {
  const query = { q: ['word'], conversationId: undefined, senderId: undefined, limit: 3 };
  const found = await allOf((cursor) => chat.search(userId, undefined, () => ({ ...query, cursor })));
  const expected = own.flatMap(([, one]) =>
    seenBy(one, userId).filter((message) => !one.isGone(message) && message.text !== null),
  );
  expect(found.map(({ messageId }) => messageId).toSorted(), `found by ${userId}`).toEqual(
    expected.map(({ id }) => id).toSorted(),
  );
};

/** A device that has asked for what it missed has what the log has. */
const checkDevice = async (world: World, device: Device, own: [string, ModelConversation][]) => {
  const now = world.backend.clock.now();
  await device.sync();
  expect([...device.copies.keys()].toSorted()).toEqual(own.map(([id]) => id).toSorted());
  for (const [id, conversation] of own) {
    const messages = [...(device.copies.get(id)?.messages ?? [])].toSorted(([a], [b]) => a - b);
    expect(
      messages.map(([, message]) => shownOf(shownAt(message, now))),
      `what a device of ${device.userId} has`,
    ).toEqual(seenBy(conversation, device.userId).map((one) => expectedOf(conversation, one)));
  }
};

/** What was answered 202 has its place, or was refused; others were told of what has a place, in its order. */
const checkOutcomes = (world: World): void => {
  const { queues, events } = world.backend;
  expect(queues.accepted).toEqual(expect.arrayContaining(world.promised));
  const placed = [...world.model.values()].flatMap(({ done }) => [...done]);
  const refused = [...world.refusals.values()].map(({ id }) => id);
  expect([...placed, ...refused], 'in the log, or refused').toEqual(expect.arrayContaining(queues.accepted));
  for (const [id, { messages, changes }] of world.model) {
    const told = events.published.filter(({ conversationId }) => conversationId === id);
    const places = (what: 'seq' | 'rev', isOne: (type: string) => boolean) => [
      ...new Set(
        told.filter(({ type }) => isOne(type)).map(({ data }) => (data as Record<string, unknown>)[what]),
      ),
    ];
    expect(places('seq', (type) => type === 'message.sent')).toEqual(messages.map(({ seq }) => seq));
    expect(places('rev', (type) => type !== 'message.sent')).toEqual(changes.map((_, n) => n + 1));
  }
};

/** Everything that is promised, once nothing is under way any more. */
export const checkPromises = async (world: World, devices: readonly Device[]): Promise<void> => {
  expect(world.witness.violations).toEqual([]);
  const checks = users.map((userId) =>
    world.do({ userId }, undefined, async (chat) => {
      const own = [...world.model].filter(([, one]) => one.member(userId) !== undefined);
      for (const [id, conversation] of world.model) {
        if (conversation.member(userId)) {
          await checkLog(chat, userId, id, conversation);
          await checkReceipts(chat, userId, id, conversation);
        } else
          await expect(chat.history(userId, id, () => historyQuery.parse({}))).rejects.toMatchObject({
            code: 'not-a-member',
          });
      }
      await checkInbox(world, chat, userId, own);
      await checkCounts(chat, userId, own);
      await checkSearch(chat, userId, own);
      for (const device of devices) if (device.userId === userId) await checkDevice(world, device, own);
    }),
  );
  await world.run(checks);
  checkOutcomes(world);
  expect(world.witness.violations).toEqual([]);
};
