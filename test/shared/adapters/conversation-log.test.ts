import { describe, expect, it } from 'vitest';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { TableConversationLog } from '../../../shared/adapters/tables/table-conversation-log.ts';
import { encodeKey } from '../../../shared/adapters/tables/keys.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { ConversationLog } from '../../../shared/ports/conversation-log.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aGroup, anAcceptedMessage, aUser } from '../../support/builders.ts';

const noon = new Date('2026-01-01T12:00:00.000Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);
const everything = { from: 1, to: 1000 };

const { tables } = ownTables();

describe.each<[string, () => ConversationLog]>([
  ['in memory', () => new MemoryConversationLog()],
  ['in Table Storage', () => new TableConversationLog(tables)],
])('a conversation log %s', (_, open) => {
  const pair = (): { ann: string; bo: string; id: string } => {
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    return { ann, bo, id: directConversationId(ann, bo) };
  };

  it('gives messages their places one after the other, and creates the conversation with the first', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    const first = await log.append(anAcceptedMessage({ from: ann, to: bo, messageText: 'one' }), noon);
    const second = await log.append(anAcceptedMessage({ from: bo, to: ann, messageText: 'two' }), later(1));
    expect([first.message.seq, second.message.seq]).toEqual([1, 2]);
    expect(await log.head(id)).toMatchObject({ type: 'direct', headSeq: 2, headRev: 0 });
    expect((await log.members(id)).map(({ userId }) => userId).sort()).toEqual([ann, bo].sort());
    expect((await log.read(id, everything)).map(({ messageText }) => messageText)).toEqual(['one', 'two']);
    expect(await log.conversationsOf(ann)).toEqual([id]);
  });

  it('tells which messages in a gap are a user’s own, however often and far it is asked', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    for (const from of [ann, bo, ann, bo, ann])
      await log.append(anAcceptedMessage({ from, to: from === ann ? bo : ann }), noon);
    expect(await log.ownSeqs(id, ann, { from: 1, to: 3 })).toEqual([1, 3]);
    expect(await log.ownSeqs(id, ann, { from: 1, to: 2 })).toEqual([1]);
    expect(await log.ownSeqs(id, ann, { from: 2, to: 5 })).toEqual([3, 5]);
    expect(await log.ownSeqs(id, bo, { from: 1, to: 5 })).toEqual([2, 4]);
    expect(await log.ownSeqs(id, bo, { from: 6, to: 5 })).toEqual([]);
    await log.append(anAcceptedMessage({ from: bo, to: ann }), noon);
    expect(await log.ownSeqs(id, bo, { from: 4, to: 6 })).toEqual([4, 6]);
  });

  it('keeps what a message consists of', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    const attachment = {
      attachmentId: 'a-1',
      fileName: 'ü.png',
      contentType: 'image/png',
      size: 3,
      sha256: null,
      availableAt: null,
    };
    const accepted = anAcceptedMessage({
      from: ann,
      to: bo,
      messageText: '😀'.repeat(10_000),
      attachment,
      attachmentUrl: 'https://example.com/x',
      replyTo: `m-${'x'.repeat(24)}`,
      mentions: [bo, 'somebody else'],
      expiresAt: later(60).toISOString(),
    });
    const { message } = await log.append(accepted, noon);
    expect(await log.read(id, everything)).toEqual([message]);
    expect(message).toMatchObject({
      messageText: accepted.messageText,
      attachment,
      type: 'image',
      replyTo: accepted.replyTo,
      mentions: accepted.mentions,
      expiresAt: accepted.expiresAt,
      createdAt: noon.toISOString(),
    });
  });

  it('finds the place of a message that comes again, even after others', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    const accepted = anAcceptedMessage({ from: ann, to: bo });
    const first = await log.append(accepted, noon);
    await log.append(anAcceptedMessage({ from: bo, to: ann }), later(1));
    const again = await log.append({ ...accepted, messageText: 'changed' }, later(2));
    expect(again).toMatchObject({ isNew: false, message: first.message });
    expect(await log.head(id)).toMatchObject({ headSeq: 2 });
  });

  it('gives concurrent messages places without hole or repeat, and one message one place', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    const messages = Array.from({ length: 8 }, () => anAcceptedMessage({ from: ann, to: bo }));
    const appended = await Promise.all(
      [...messages, ...messages].map((message) => retrying(() => log.append(message, noon))),
    );
    expect(appended.map(({ message }) => message.seq).sort((a, b) => a - b)).toEqual([
      1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8,
    ]);
    expect((await log.read(id, everything)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('never dates a message before the one it follows', async () => {
    const log = open();
    const { ann, bo } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), later(60));
    const { message } = await log.append(anAcceptedMessage({ from: bo, to: ann }), noon);
    expect(message.createdAt).toBe(later(60).toISOString());
  });

  it('refuses a message for a conversation that is not there', async () => {
    const message = {
      ...anAcceptedMessage({ from: 'a', to: 'b' }),
      conversationId: `g-${'x'.repeat(24)}`,
      directMembers: null,
    };
    await expect(open().append(message, noon)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('creates a conversation with all its members once, and then finds it', async () => {
    const log = open();
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const conversation = aGroup(ann, [bo], { title: 'Trip', metadata: { a: [1] }, externalRef: 'order/7' });
    const { conversationId: id } = conversation;
    const created = await Promise.all([1, 2, 3].map(() => log.create(conversation, noon)));
    expect(created.filter(({ isNew }) => isNew)).toHaveLength(1);
    const { head } = await log.create({ ...conversation, title: 'Other', members: [] }, later(1));
    expect(head).toMatchObject({
      type: 'group',
      title: 'Trip',
      metadata: { a: [1] },
      externalRef: 'order/7',
      headSeq: 0,
    });
    expect(await log.head(id)).toEqual(head);
    expect((await log.memberIds(head)).toSorted()).toEqual([ann, bo].toSorted());
    expect(await log.member(id, ann)).toMatchObject({ role: 'owner', joinedSeq: 0 });
    expect(await log.conversationsOf(bo)).toEqual([id]);
    const message = { ...anAcceptedMessage({ from: bo, to: ann }), conversationId: id, directMembers: null };
    expect((await log.append(message, later(2))).head).toMatchObject({
      headSeq: 1,
      title: 'Trip',
      lastActivityAt: later(2).toISOString(),
    });
  });

  it('knows who is a member, and who is not', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    expect(await log.member(id, ann)).toMatchObject({ userId: ann, deliveredSeq: 0, readSeq: 0 });
    expect(await log.member(id, aUser('eve'))).toBeUndefined();
    expect(await log.member(`d-${'x'.repeat(24)}`, ann)).toBeUndefined();
  });

  it('raises watermarks up to the head, never lowers them, and lets read imply delivered', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    for (let n = 0; n < 3; n++) await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    expect((await log.raise(id, bo, { deliveredSeq: 99 }, later(1))).raised).toEqual({ deliveredSeq: 3 });
    expect((await log.raise(id, bo, { deliveredSeq: 1 }, later(2))).raised).toEqual({});
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    const { member, raised } = await log.raise(id, bo, { readSeq: 4 }, later(3));
    expect(raised).toEqual({ deliveredSeq: 4, readSeq: 4 });
    expect(member).toMatchObject({ deliveredSeq: 4, readSeq: 4 });
    expect(await log.moves(id, member, { from: 2, to: 3 })).toEqual({
      delivered: [
        { upToSeq: 3, at: later(1).toISOString() },
        { upToSeq: 4, at: later(3).toISOString() },
      ],
      read: [{ upToSeq: 4, at: later(3).toISOString() }],
    });
    await expect(log.raise(id, aUser('eve'), { readSeq: 1 }, noon)).rejects.toBeInstanceOf(ChatError);
  });

  it('finds when a page was read, though each of its messages was delivered by itself', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    for (let n = 0; n < 12; n++) await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    for (let seq = 1; seq <= 12; seq++) await log.raise(id, bo, { deliveredSeq: seq }, later(seq));
    const { member } = await log.raise(id, bo, { readSeq: 12 }, later(60));
    const { delivered, read } = await log.moves(id, member, { from: 1, to: 2 });
    expect(delivered.map(({ upToSeq }) => upToSeq)).toEqual([1, 2, 3]);
    expect(read).toEqual([{ upToSeq: 12, at: later(60).toISOString() }]);
  });

  it('remembers single acknowledged messages beyond a gap', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    for (let n = 0; n < 4; n++) await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    await log.acknowledge(id, bo, [2, 4], noon);
    expect(await log.member(id, bo)).toMatchObject({
      deliveredSeq: 0,
      deliveredAhead: [
        [2, 2],
        [4, 4],
      ],
    });
    expect((await log.acknowledge(id, bo, [1], noon)).raised).toEqual({ deliveredSeq: 2 });
    expect(await log.member(id, bo)).toMatchObject({ deliveredSeq: 2, deliveredAhead: [[4, 4]] });
  });

  it('shows a head’s last message, shortened, and counts what others wrote', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    await log.append(anAcceptedMessage({ from: bo, to: ann, messageText: '😀'.repeat(500) }), later(1));
    expect((await log.head(id))?.lastMessage).toMatchObject({
      seq: 2,
      senderId: bo,
      messageText: '😀'.repeat(200),
    });
    expect((await log.read(id, everything))[1]?.messageText).toBe('😀'.repeat(500));
    expect(await log.countOfOthers(id, ann, { from: 1, to: 2 }, noon)).toBe(1);
    expect(await log.countOfOthers(id, ann, { from: 3, to: 2 }, noon)).toBe(0);
  });

  it('keeps what each user sets for a conversation', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    await log.archive(id, ann, later(1));
    expect(await log.listingsOf(ann)).toEqual([
      { conversationId: id, archivedAt: later(1).toISOString(), mutedUntil: null },
    ]);
    expect(await log.listing(id, bo)).toEqual({ conversationId: id, archivedAt: null, mutedUntil: null });
    await log.archive(id, ann, null);
    expect(await log.listing(id, ann)).toEqual({ conversationId: id, archivedAt: null, mutedUntil: null });
  });

  it('is muted for one member, beside being archived', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    const mutedUntil = later(60).toISOString();
    await log.mute(id, ann, mutedUntil);
    await log.archive(id, ann, later(1));
    expect(await log.listing(id, ann)).toMatchObject({ archivedAt: later(1).toISOString(), mutedUntil });
    expect(await log.listing(id, bo)).toMatchObject({ mutedUntil: null });
    await log.append(anAcceptedMessage({ from: bo, to: ann }), later(2));
    expect(await log.listingsOf(ann)).toMatchObject([{ mutedUntil }]);
    await log.mute(id, ann, null);
    expect(await log.listingsOf(ann)).toMatchObject([
      { archivedAt: later(1).toISOString(), mutedUntil: null },
    ]);
  });

  it('notes how far delivery was checked, and never takes it back', async () => {
    const log = open();
    const { ann, bo, id } = pair();
    await log.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    await log.noteChecked(id, bo, 7);
    await log.noteChecked(id, bo, 3);
    expect(await log.member(id, bo)).toMatchObject({ checkedSeq: 7, deliveredSeq: 0 });
  });
});

describe('two instances that write one conversation', () => {
  it('cannot both win a place', async () => {
    const [one, other] = [new TableConversationLog(tables), new TableConversationLog(tables)];
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const id = directConversationId(ann, bo);
    await one.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    await other.append(anAcceptedMessage({ from: bo, to: ann }), noon); // both know the head now, `one` an old one
    const appended = await Promise.all(
      [one, other, one, other].map((log) => log.append(anAcceptedMessage({ from: ann, to: bo }), noon)),
    );
    expect(appended.map(({ message }) => message.seq).sort()).toEqual([3, 4, 5, 6]);
    expect((await one.read(id, everything)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

/** As the queue would: what was contended comes again. */
const retrying = async <T>(call: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ChatError && error.code === 'unavailable')) throw error;
    }
  }
};

describe('a conversation log in Table Storage that remembers members', () => {
  const two = async () => {
    const [ann, bo] = [aUser('ann'), aUser('bo')];
    const id = directConversationId(ann, bo);
    const [here, there] = [new TableConversationLog(tables), new TableConversationLog(tables)];
    for (let count = 0; count < 4; count++) await here.append(anAcceptedMessage({ from: ann, to: bo }), noon);
    return { ann, bo, id, here, there };
  };

  it('acknowledges on top of what another instance has written meanwhile', async () => {
    const { bo, id, here, there } = await two();
    await here.acknowledge(id, bo, [1], noon);
    await there.acknowledge(id, bo, [2], noon);
    const { raised } = await here.acknowledge(id, bo, [3], noon);
    expect(raised).toEqual({ deliveredSeq: 3 });
    expect(await there.member(id, bo)).toMatchObject({ deliveredSeq: 3 });
  });

  it('raises a watermark on top of what another instance has written meanwhile', async () => {
    const { bo, id, here, there } = await two();
    await here.raise(id, bo, { readSeq: 1 }, noon);
    await there.raise(id, bo, { readSeq: 3 }, noon);
    const { raised, member } = await here.raise(id, bo, { readSeq: 2 }, noon);
    expect(raised).toEqual({});
    expect(member.readSeq).toBe(3);
  });

  it('knows a head that has a place which another instance has given', async () => {
    const { ann, bo, id, here, there } = await two();
    await here.acknowledge(id, bo, [1], noon);
    const message = anAcceptedMessage({ from: ann, to: bo });
    await there.append(message, noon);
    expect((await here.receiptGround(id, bo, 5))?.head.headSeq).toBe(5);
    expect((await here.raise(id, bo, { deliveredSeq: 9 }, noon)).member.deliveredSeq).toBe(5);
  });

  it('takes nobody for a member who has been removed by another instance', async () => {
    const { bo, id, here } = await two();
    await here.acknowledge(id, bo, [1], noon);
    await tables.conversations.deleteEntity(id, `member|${encodeKey(bo)}`);
    await expect(here.acknowledge(id, bo, [2], noon)).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(here.raise(id, bo, { readSeq: 2 }, noon)).rejects.toMatchObject({ code: 'not-a-member' });
    expect(await here.member(id, bo, 'cached')).toBeUndefined();
  });
});
