import { describe, expect, it } from 'vitest';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { ConversationHeads } from '../../../shared/adapters/tables/conversation-heads.ts';
import { TableChangeLog } from '../../../shared/adapters/tables/table-change-log.ts';
import { TableConversationLog } from '../../../shared/adapters/tables/table-conversation-log.ts';
import type { ChangeAction, ErasureAction } from '../../../shared/domain/change.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import { decideErasure } from '../../../shared/domain/decide-erasure.ts';
import { changeIdOf, directConversationId } from '../../../shared/domain/identifiers.ts';
import type { ChangeLog, Changed } from '../../../shared/ports/change-log.ts';
import type { ConversationLog } from '../../../shared/ports/conversation-log.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aGroup, anAcceptedMessage, aUser } from '../../support/builders.ts';

const noon = new Date('2026-01-01T12:00:00.000Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);
const everything = { from: 1, to: 1000 };
const seen = (messages: { messageText: string | null }[]) => messages.map(({ messageText }) => messageText);

const { tables } = ownTables();

describe.each<[string, () => { log: ConversationLog; changes: ChangeLog }]>([
  [
    'in memory',
    () => {
      const log = new MemoryConversationLog();
      return { log, changes: new MemoryChangeLog(log) };
    },
  ],
  [
    'in Table Storage',
    () => {
      const heads = new ConversationHeads(tables);
      return { log: new TableConversationLog(tables, heads), changes: new TableChangeLog(tables, heads) };
    },
  ],
])('a change log %s', (_, open) => {
  /** Two people with a message of the first, and ways to change it. */
  const aPair = async () => {
    const { log, changes } = open();
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const id = directConversationId(ann, bo);
    const { message } = await log.append(anAcceptedMessage({ from: ann, to: bo, messageText: 'one' }), noon);
    return { log, ann, bo, id, ...message, changes, ...asking(changes, id) };
  };

  const aTrip = async () => {
    const { log, changes } = open();
    const [ann, bo, cy] = [aUser('ann'), aUser('bo'), aUser('cy')];
    const group = aGroup(ann, [bo]);
    await log.create(group, noon);
    const id = group.conversationId;
    const say = (from: string, messageText: string) =>
      log.append(
        { ...anAcceptedMessage({ from, to: from, messageText }), conversationId: id, directMembers: null },
        noon,
      );
    return { log, changes, ann, bo, cy, id, say, ...asking(changes, id) };
  };

  const asking = (changes: ChangeLog, conversationId: string) => {
    let count = 0;
    return {
      ask: (
        userId: string,
        action: ChangeAction,
        { at = later(1), clientChangeId = `k-${count++}` } = {},
      ): Promise<Changed> =>
        changes.apply(
          {
            changeId: changeIdOf(conversationId, userId, clientChangeId),
            conversationId,
            userId,
            acceptedAt: at.toISOString(),
            action,
          },
          (ground) => decideChange({ action }, ground, { now: at, maxMembers: 1000 }),
          at,
        ),
    };
  };

  it('edits a message and keeps what it said before', async () => {
    const { log, changes, ann, bo, id, messageId, seq, ask } = await aPair();
    await ask(ann, { type: 'edit', messageId, messageText: 'two' });
    const { change, message } = await ask(
      ann,
      { type: 'edit', messageId, messageText: 'three' },
      { at: later(2) },
    );
    expect(change).toEqual({
      type: 'message.updated',
      messageId,
      seq,
      rev: 2,
      at: later(2).toISOString(),
      by: ann,
    });
    expect(await log.read(id, everything)).toEqual([message]);
    expect(message).toMatchObject({ messageText: 'three', editedAt: later(2).toISOString() });
    expect(await changes.versions(id, seq)).toEqual([
      { messageText: 'one', at: noon.toISOString() },
      { messageText: 'two', at: later(1).toISOString() },
    ]);
    expect(await log.head(id)).toMatchObject({ headRev: 2, lastMessage: { messageText: 'three' } });
    await expect(ask(bo, { type: 'edit', messageId, messageText: 'x' })).rejects.toMatchObject({
      code: 'not-permitted',
    });
  });

  it('takes the content of what is over away for good, and leaves the rest as it is', async () => {
    const { log, changes, ann, bo, id, messageId, ask } = await aPair();
    const say = (messageText: string, rest = {}) =>
      log.append(anAcceptedMessage({ from: ann, to: bo, messageText, ...rest }), noon);
    const { message: brief } = await say('two', { expiresAt: later(60).toISOString(), mentions: [bo] });
    await say('three');
    await ask(bo, { type: 'react', messageId, emoji: '👍' });
    await ask(bo, { type: 'react', messageId: brief.messageId, emoji: '👍' });
    await ask(ann, { type: 'edit', messageId: brief.messageId, messageText: 'too' });
    await ask(ann, { type: 'delete', messageId });
    const before = await log.head(id);
    const isOver = ({ seq }: { seq: number }) => seq < 3;
    const gone = await changes.purge(id, [1, 2, 3, 4], isOver);
    expect(gone.map(({ seq }) => seq).sort()).toEqual([1, 2]);
    expect(await changes.purge(id, [2, 1], isOver)).toHaveLength(2);
    expect(await log.head(id)).toMatchObject({ headSeq: 3, headRev: before?.headRev });
    expect(await log.read(id, everything)).toMatchObject([
      { messageText: null, deletedAt: later(1).toISOString(), reactions: [] },
      { messageText: null, deletedAt: later(60).toISOString(), reactions: [], mentions: [] },
      { messageText: 'three', deletedAt: null },
    ]);
    expect(await changes.versions(id, 2)).toEqual([]);
    await expect(ask(ann, { type: 'restore', messageId })).rejects.toMatchObject({ code: 'message-deleted' });
    const { message: next, isNew } = await say('four');
    expect([next.seq, isNew]).toEqual([4, true]);
    expect(await changes.changes(id, 0, 100)).toHaveLength(before?.headRev ?? 0);
  });

  it('takes the content of the newest message also out of the head', async () => {
    const { log, changes, id } = await aPair();
    await changes.purge(id, [1], () => true);
    expect(await log.head(id)).toMatchObject({ headSeq: 1, lastMessage: { messageText: null } });
    expect(await changes.purge('d-nowhere', [1], () => true)).toEqual([]);
  });

  it('keeps what was restored, or taken away, when both are done at once', async () => {
    const { log, changes, ann, id, messageId, ask } = await aPair();
    await ask(ann, { type: 'delete', messageId });
    const [restored] = await Promise.allSettled([
      ask(ann, { type: 'restore', messageId }),
      changes.purge(id, [1], ({ deletedAt }) => deletedAt !== null),
    ]);
    const [message] = await log.read(id, everything);
    if (restored.status === 'fulfilled')
      expect(message).toMatchObject({ messageText: 'one', deletedAt: null });
    else expect(message).toMatchObject({ messageText: null });
  });

  it('leaves of a deleted message its place, and brings it back whole', async () => {
    const { log, ann, bo, id, messageId, ask } = await aPair();
    await ask(bo, { type: 'react', messageId, emoji: '👍' });
    const before = await log.read(id, everything);
    await ask(ann, { type: 'delete', messageId });
    expect(await log.read(id, everything)).toMatchObject([
      { messageText: null, deletedAt: later(1).toISOString(), reactions: [] },
    ]);
    expect(await log.head(id)).toMatchObject({ lastMessage: { messageText: null } });
    expect(await log.countOfOthers(id, bo, everything, later(2))).toBe(0);
    await expect(ask(bo, { type: 'restore', messageId })).rejects.toMatchObject({ code: 'not-permitted' });
    const { message } = await ask(ann, { type: 'restore', messageId });
    expect(await log.read(id, everything)).toEqual(before);
    expect(message).toEqual(before[0]);
  });

  it('counts a user’s reaction once, and takes it away', async () => {
    const { log, ann, bo, id, messageId, ask } = await aPair();
    await ask(bo, { type: 'react', messageId, emoji: '👍' });
    const again = await ask(bo, { type: 'react', messageId, emoji: '👍' });
    expect(again.change).toBeNull();
    await ask(ann, { type: 'react', messageId, emoji: '👍' });
    const { message } = await ask(ann, { type: 'react', messageId, emoji: '👨‍👩‍👧|/\\#?' });
    expect(message?.reactions.map(({ emoji, userIds }) => [emoji, userIds.toSorted()])).toEqual([
      ['👍', [ann, bo].sort()],
      ['👨‍👩‍👧|/\\#?', [ann]],
    ]);
    await ask(bo, { type: 'unreact', messageId, emoji: '👍' });
    const [read] = await log.read(id, everything);
    expect(read?.reactions.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1))).toEqual([
      { emoji: '👍', userIds: [ann] },
      { emoji: '👨‍👩‍👧|/\\#?', userIds: [ann] },
    ]);
    expect(await log.head(id)).toMatchObject({ headRev: 4 });
  });

  it('makes a change that comes again once, even after others', async () => {
    const { log, changes, ann, id, messageId, ask } = await aPair();
    const key = { clientChangeId: 'once' };
    const first = await ask(ann, { type: 'edit', messageId, messageText: 'two' }, key);
    await ask(ann, { type: 'edit', messageId, messageText: 'three' });
    const again = await ask(ann, { type: 'edit', messageId, messageText: 'two' }, key);
    expect(again).toMatchObject({ isNew: false, change: first.change });
    expect(seen(await log.read(id, everything))).toEqual(['three']);
    expect((await changes.changes(id, 0, 10)).map(({ rev }) => rev)).toEqual([1, 2]);
  });

  it('does not make up for a change that once changed nothing', async () => {
    const { ann, messageId, ask } = await aPair();
    const key = { clientChangeId: 'once' };
    expect((await ask(ann, { type: 'unpin', messageId }, key)).change).toBeNull();
    await ask(ann, { type: 'pin', messageId });
    expect((await ask(ann, { type: 'unpin', messageId }, key)).change).toBeNull();
  });

  it('numbers concurrent changes and messages without hole or repeat', async () => {
    const { log, changes, ann, bo, id, messageId, ask } = await aPair();
    const emojis = ['1', '2', '3', '4', '5'];
    const retried = async (emoji: string): Promise<void> => {
      for (;;) {
        try {
          await ask(bo, { type: 'react', messageId, emoji }, { clientChangeId: emoji });
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: 'unavailable' });
        }
      }
    };
    await Promise.all([
      ...emojis.map(retried),
      ...emojis.map(() => log.append(anAcceptedMessage({ from: ann, to: bo }), noon)),
    ]);
    expect((await changes.changes(id, 0, 10)).map(({ rev }) => rev)).toEqual([1, 2, 3, 4, 5]);
    expect((await log.read(id, everything)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const [message] = await log.read(id, { from: 1, to: 1 });
    expect(message?.reactions.map(({ emoji }) => emoji).sort()).toEqual(emojis);
  });

  it('reads changes after a rev, as many as asked for', async () => {
    const { changes, ann, id, messageId, ask } = await aPair();
    for (const type of ['pin', 'unpin', 'pin'] as const) await ask(ann, { type, messageId });
    expect((await changes.changes(id, 1, 1)).map(({ rev, type }) => [rev, type])).toEqual([
      [2, 'message.unpinned'],
    ]);
    expect(await changes.changes(id, 3, 10)).toEqual([]);
  });

  it('adds members, notes it in the log, and starts them with nothing unread', async () => {
    const { log, ann, cy, id, say, ask } = await aTrip();
    await say(ann, 'before');
    const { note } = await ask(ann, { type: 'add-members', userIds: [cy], role: 'admin' });
    expect(note).toMatchObject({ seq: 2, type: 'system', system: { event: 'member.added', userIds: [cy] } });
    expect(await log.member(id, cy)).toMatchObject({ role: 'admin', joinedSeq: 1, readSeq: 2, hidden: [] });
    expect(await log.conversationsOf(cy)).toEqual([id]);
    const head = await log.head(id);
    expect(head && (await log.memberIds(head))).toContain(cy);
    expect(await log.head(id)).toMatchObject({ headSeq: 2, headRev: 1, membersRev: 1 });
    await say(cy, 'hello');
  });

  it('lets nobody write or be listed who was removed, and hides what came meanwhile', async () => {
    const { log, ann, bo, id, say, ask } = await aTrip();
    const early = await say(bo, 'early');
    await ask(ann, { type: 'remove-member', userId: bo });
    await expect(say(bo, 'late')).rejects.toMatchObject({ code: 'not-a-member' });
    expect(await log.member(id, bo)).toBeUndefined();
    expect(await log.conversationsOf(bo)).toEqual([]);
    const head = await log.head(id);
    expect(head && (await log.memberIds(head))).toEqual([ann]);
    await expect(log.raise(id, bo, { readSeq: 1 }, noon)).rejects.toMatchObject({ code: 'not-a-member' });
    await say(ann, 'secret');
    await ask(ann, { type: 'add-members', userIds: [bo], role: 'member' });
    // 1 early · 2 removed · 3 secret · 4 added
    expect(await log.member(id, bo)).toMatchObject({ hidden: [[2, 3]], joinedSeq: 3, readSeq: 4 });
    expect(await log.conversationsOf(bo)).toEqual([id]);
    expect(early.message.seq).toBe(1);
  });

  it('lets who was added by another instance write at once, and nobody whom it removed', async () => {
    const { log, changes, ann, bo, cy, id, say } = await aTrip();
    await say(ann, 'one'); // from now on this instance remembers the head
    const other = changes instanceof TableChangeLog ? new TableChangeLog(tables) : changes;
    const { ask } = asking(other, id);
    await ask(ann, { type: 'add-members', userIds: [cy], role: 'member' });
    await say(cy, 'hello');
    await ask(ann, { type: 'remove-member', userId: bo }, { clientChangeId: 'out' });
    await expect(say(bo, 'late')).rejects.toMatchObject({ code: 'not-a-member' });
    expect(await log.head(id)).toMatchObject({ headSeq: 4 });
  });

  it('finds the place of a message of one who has left since', async () => {
    const { log, ann, bo, id, ask } = await aTrip();
    const message = { ...anAcceptedMessage({ from: bo, to: ann }), conversationId: id, directMembers: null };
    await log.append(message, noon);
    await ask(bo, { type: 'remove-member', userId: bo });
    expect(await log.append(message, noon)).toMatchObject({ isNew: false, message: { seq: 1 } });
  });

  it('hides what was before them from those who join, where the group says so', async () => {
    const { log, ann, cy, id, say, ask } = await aTrip();
    await say(ann, 'before');
    await ask(ann, { type: 'update', settings: { earlierHistory: 'hidden', title: 'Trip' } });
    await ask(ann, { type: 'add-members', userIds: [cy], role: 'member' });
    expect(await log.member(id, cy)).toMatchObject({ hidden: [[1, 2]], joinedSeq: 2 });
    expect(await log.head(id)).toMatchObject({ title: 'Trip', earlierHistory: 'hidden', headSeq: 3 });
  });

  it('gives messages the time that their conversation keeps them', async () => {
    const { log, ann, id, say, ask } = await aTrip();
    await ask(ann, { type: 'update', settings: { retentionSeconds: 60 } });
    const { message } = await say(ann, 'short');
    expect(message.expiresAt).toBe(new Date(Date.parse(message.createdAt) + 60_000).toISOString());
    await ask(ann, { type: 'update', settings: { retentionSeconds: null } });
    expect((await say(ann, 'long')).message.expiresAt).toBeNull();
    expect(await log.countOfOthers(id, 'nobody', everything, later(3600))).toBe(1);
  });

  it('adds ninety members in one transaction', async () => {
    const { log, ann, id, ask } = await aTrip();
    const userIds = Array.from({ length: 90 }, (__, i) => aUser(`u${i}`));
    await ask(ann, { type: 'add-members', userIds, role: 'member' });
    expect(await log.members(id)).toHaveLength(92);
  });

  it('keeps a group its owner', async () => {
    const { ann, bo, ask } = await aTrip();
    await expect(ask(ann, { type: 'remove-member', userId: ann })).rejects.toMatchObject({
      code: 'last-owner',
    });
    await expect(ask(bo, { type: 'set-role', userId: bo, role: 'owner' })).rejects.toMatchObject({
      code: 'not-permitted',
    });
    await ask(ann, { type: 'set-role', userId: bo, role: 'owner' });
    await ask(ann, { type: 'remove-member', userId: ann });
    await ask(bo, { type: 'remove-member', userId: bo }); // the very last one may go
  });

  it('refuses what is not there, and who is not', async () => {
    const { id, ann, messageId, changes, ask } = await aPair();
    await expect(ask(aUser('stranger'), { type: 'pin', messageId })).rejects.toMatchObject({
      code: 'not-a-member',
    });
    await expect(ask(ann, { type: 'pin', messageId: `m-${'x'.repeat(24)}` })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(ask(ann, { type: 'add-members', userIds: ['x'], role: 'member' })).rejects.toMatchObject({
      code: 'not-a-group',
    });
    expect(await changes.changes(id, 0, 10)).toEqual([]);
    expect(await changes.ground(`g-${'y'.repeat(24)}`, ann, { type: 'pin', messageId })).toBeUndefined();
  });

  it('erases a message for good: what it was, what was kept of it and how it was before', async () => {
    const { log, changes, ann, bo, id, messageId, seq, ask } = await aPair();
    await ask(ann, { type: 'edit', messageId, messageText: 'two' });
    await ask(bo, { type: 'react', messageId, emoji: '👍' });
    await ask(ann, { type: 'delete', messageId });
    expect(await changes.reactionsBy(id, bo, everything)).toEqual([{ seq, emoji: '👍' }]);
    expect(await changes.reactionsBy(id, ann, everything)).toEqual([]);

    const erase = (userId: string, action: ErasureAction) => {
      const changeId = changeIdOf(id, userId, JSON.stringify(action));
      const change = { changeId, conversationId: id, userId, acceptedAt: noon.toISOString(), action };
      return changes.apply(change, (ground) => decideErasure(change, ground, later(9)), later(9));
    };
    await erase(bo, { type: 'erase-reaction', messageId, emoji: '👍' });
    expect(await changes.reactionsBy(id, bo, everything)).toEqual([]);
    for (let repeat = 0; repeat < 2; repeat++) await changes.forgetVersions(id, seq);
    expect(await changes.versions(id, seq)).toEqual([]);
    for (let repeat = 0; repeat < 2; repeat++)
      expect(await erase(ann, { type: 'erase-message', messageId })).toMatchObject({
        change: { type: 'message.deleted', rev: 5 },
        isNew: repeat === 0,
      });
    const ground = await changes.ground(id, ann, { type: 'erase-message', messageId });
    expect(ground?.target).toMatchObject({ kept: null, versions: 0, message: { messageText: null } });
    await expect(ask(ann, { type: 'restore', messageId })).rejects.toMatchObject({ code: 'message-deleted' });
    expect((await log.head(id))?.lastMessage).toMatchObject({ messageText: null });

    expect(await log.anyOf(ann)).toBe(id);
    await erase(ann, { type: 'erase-member' });
    expect(await log.member(id, ann)).toBeUndefined();
    expect((await log.members(id)).map(({ userId }) => userId)).toEqual([bo]);
    expect((await log.head(id))?.directMembers).toEqual([bo]);
    await expect(
      log.append(anAcceptedMessage({ from: ann, to: bo, messageText: 'late' }), later(10)),
    ).rejects.toMatchObject({ code: 'not-a-member' });
  });

  it('knows where a user was, until that is forgotten', async () => {
    const { log, ann, bo, id, ask } = await aTrip();
    expect(await log.anyOf(aUser('nobody'))).toBeUndefined();
    await log.raise(id, bo, { readSeq: 1 }, noon);
    await ask(ann, { type: 'remove-member', userId: bo });
    expect(await log.conversationsOf(bo)).toEqual([]);
    expect(await log.anyOf(bo)).toBe(id);
    for (let repeat = 0; repeat < 2; repeat++) await log.forgetMember(id, bo);
    expect(await log.anyOf(bo)).toBeUndefined();
    expect(await log.anyOf(ann)).toBe(id);
  });
});
