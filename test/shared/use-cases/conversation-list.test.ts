import { describe, expect, it, vi } from 'vitest';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { conversationsQuery } from '../../../shared/contract/lists.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import { archiveConversation } from '../../../shared/use-cases/archive-conversation.ts';
import { countUnread } from '../../../shared/use-cases/count-unread.ts';
import { listConversations } from '../../../shared/use-cases/list-conversations.ts';
import { muteConversation } from '../../../shared/use-cases/mute-conversation.ts';
import { aGroup, anAcceptedMessage } from '../../support/builders.ts';
import { FakeBroadcaster, FakeTimer } from '../../support/fakes.ts';

const [ann, bo, cy] = ['ann', 'bo', 'cy'];
const withBo = directConversationId(ann, bo);
const withCy = directConversationId(ann, cy);

const aChat = () => {
  const clock = new FakeTimer();
  const log = new MemoryConversationLog();
  const broadcaster = new FakeBroadcaster();
  const profiles = {
    find: () => Promise.resolve(new Map([[bo, { fullName: 'Bo Jones', avatarUrl: null }]])),
  };
  const list = listConversations({ log, profiles, clock });
  return {
    log,
    clock,
    say: async (from: string, to: string, messageText = 'Hello') => {
      clock.advance(1000);
      await log.append(anAcceptedMessage({ from, to, messageText }), clock.now());
    },
    list: (userId: string, query: Record<string, string> = {}) =>
      list(userId, conversationsQuery.parse(query)),
    ids: async (userId: string, query: Record<string, string> = {}) =>
      (await list(userId, conversationsQuery.parse(query))).items.map(({ id }) => id),
    unread: countUnread({ log, clock }),
    archive: archiveConversation({ log, broadcaster, clock }),
    broadcaster,
    mute: muteConversation({ log, broadcaster, clock }),
  };
};

describe('the list of conversations', () => {
  it('shows the last active first, with its last message, how far that has come, and what is unread', async () => {
    const chat = aChat();
    await chat.say(bo, ann, 'first');
    await chat.say(cy, ann);
    await chat.say(ann, bo, 'x'.repeat(300));
    await chat.log.raise(withBo, bo, { readSeq: 2 }, chat.clock.now());
    const { items, nextCursor } = await chat.list(ann);
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      {
        id: withBo,
        type: 'direct',
        unreadCount: 1,
        headSeq: 2,
        lastActivityAt: chat.clock.now().toISOString(),
        lastMessage: { seq: 2, senderId: ann, messageText: 'x'.repeat(200), status: 'read' },
        members: [
          { userId: bo, fullName: 'Bo Jones' },
          { userId: ann, fullName: null },
        ],
      },
      { id: withCy, unreadCount: 1, lastMessage: { senderId: cy, status: 'sent' } },
    ]);
    expect(await chat.ids('eve')).toEqual([]);
  });

  it('counts exactly what others have written since it was read', async () => {
    const chat = aChat();
    for (const from of [bo, ann, bo, bo]) await chat.say(from, from === ann ? bo : ann);
    await chat.say(cy, ann);
    const counts = [
      { conversationId: withBo, unreadCount: 3 },
      { conversationId: withCy, unreadCount: 1 },
    ].sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
    expect(await chat.unread(ann)).toEqual({ total: 4, conversations: counts });
    await chat.log.raise(withBo, ann, { readSeq: 3 }, chat.clock.now());
    expect((await chat.unread(ann)).total).toBe(2);
    await chat.log.raise(withBo, ann, { readSeq: 4 }, chat.clock.now());
    expect(await chat.unread(ann)).toEqual({
      total: 1,
      conversations: [{ conversationId: withCy, unreadCount: 1 }],
    });
    expect(await chat.unread(bo)).toMatchObject({ total: 1 });
  });

  it('tells one’s own devices, and nobody else, of archiving; a push that fails does not matter', async () => {
    const chat = aChat();
    await chat.say(bo, ann);
    await chat.archive(ann, withBo, true);
    await chat.archive(ann, withBo, false);
    const common = {
      type: 'conversation.archived',
      conversationId: withBo,
      at: chat.clock.now().toISOString(),
    };
    expect(chat.broadcaster.pushed).toEqual([
      { to: ann, event: { ...common, archivedAt: common.at } },
      { to: ann, event: { ...common, archivedAt: null } },
    ]);
    chat.broadcaster.isDown = true;
    await chat.archive(ann, withBo, true);
    expect((await chat.list(ann, { archived: 'true' })).items).toHaveLength(1);
  });

  it('shows archived ones apart, for whoever archived them only', async () => {
    const chat = aChat();
    await chat.say(bo, ann);
    await chat.say(cy, ann);
    await chat.archive(ann, withBo, true);
    expect(await chat.ids(ann)).toEqual([withCy]);
    expect((await chat.list(ann, { archived: 'true' })).items).toMatchObject([
      { id: withBo, archivedAt: chat.clock.now().toISOString() },
    ]);
    expect(await chat.ids(bo)).toEqual([withBo]);
    await chat.archive(ann, withBo, false);
    expect((await chat.ids(ann)).toSorted()).toEqual([withBo, withCy].toSorted());
    await expect(chat.archive('eve', withBo, true)).rejects.toMatchObject({ code: 'not-a-member' });
  });

  it('shows for how long one is muted, to who muted it only', async () => {
    const chat = aChat();
    await chat.say(bo, ann);
    const muting = async (userId: string) => {
      const { items } = await chat.list(userId);
      return items.map(({ muted, mutedUntil }) => [muted, mutedUntil]);
    };
    const until = new Date(chat.clock.now().getTime() + 60_000);
    await chat.mute(ann, withBo, () => Promise.resolve({ until }));
    expect(await muting(ann)).toEqual([[true, until.toISOString()]]);
    expect(await muting(bo)).toEqual([[false, null]]);
    chat.clock.advance(60_000);
    expect(await muting(ann)).toEqual([[false, null]]);
    await chat.mute(ann, withBo, () => Promise.resolve({ until: undefined }));
    chat.clock.advance(1_000_000_000_000);
    expect(await muting(ann)).toEqual([[true, null]]);
    await chat.mute(ann, withBo, null);
    expect(await muting(ann)).toEqual([[false, null]]);
    expect(
      chat.broadcaster.pushed.map(({ to, event }) => [
        to,
        event.type === 'conversation.muted' && event.muted,
      ]),
    ).toEqual([
      [ann, true],
      [ann, true],
      [ann, false],
    ]);
  });

  it('is muted by members only, and not until a time that has passed', async () => {
    const chat = aChat();
    await chat.say(bo, ann);
    const asked = vi.fn(() => Promise.resolve({ until: chat.clock.now() }));
    await expect(chat.mute('eve', withBo, asked)).rejects.toMatchObject({ code: 'not-a-member' });
    expect(asked).not.toHaveBeenCalled();
    await expect(chat.mute(ann, withBo, asked)).rejects.toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/until', detail: 'must be in the future' }],
    });
    chat.broadcaster.isDown = true;
    await chat.mute(ann, withBo, () => Promise.resolve({ until: undefined }));
    expect((await chat.list(ann)).items).toMatchObject([{ muted: true }]);
  });

  it('shows on request only what has something unread', async () => {
    const chat = aChat();
    await chat.say(ann, bo); // only her own
    await chat.say(cy, ann);
    expect(await chat.ids(ann, { unreadOnly: 'true' })).toEqual([withCy]);
    await chat.log.raise(withCy, ann, { readSeq: 1 }, chat.clock.now());
    expect(await chat.ids(ann, { unreadOnly: 'true' })).toEqual([]);
  });

  it('finds titles without regard to case and accents', async () => {
    const chat = aChat();
    for (const [conversationId, title] of [
      ['g-1', 'Zürich Café'],
      ['g-2', 'Berlin'],
    ] as const)
      await chat.log.create(aGroup(ann, [], { conversationId, title }), chat.clock.now());
    expect(await chat.ids(ann, { q: 'ZURICH cafe' })).toEqual(['g-1']);
    expect(await chat.ids(ann, { q: 'rom' })).toEqual([]);
  });

  it('is read page by page, each conversation once, also when two were active at the same time', async () => {
    const chat = aChat();
    for (let n = 0; n < 7; n++) {
      const message = anAcceptedMessage({ from: `user${n}`, to: ann });
      await chat.log.append(message, chat.clock.now());
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await chat.list(ann, { limit: '3', ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    await expect(chat.list(ann, { cursor: 'nonsense' })).rejects.toMatchObject({ code: 'malformed-request' });
  });
});
