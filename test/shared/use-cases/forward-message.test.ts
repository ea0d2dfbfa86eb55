import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryAttachmentLooks } from '../../../shared/adapters/memory/memory-attachment-looks.ts';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { forwardRequest } from '../../../shared/contract/forward.ts';
import type { AcceptedChange, MessageAction } from '../../../shared/domain/change.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { attachmentIdOf, changeIdOf, directConversationId } from '../../../shared/domain/identifiers.ts';
import type { AcceptedMessage } from '../../../shared/domain/message.ts';
import { forwardMessage } from '../../../shared/use-cases/forward-message.ts';
import { getAttachment } from '../../../shared/use-cases/get-attachment.ts';
import { aGroup, anAcceptedMessage, anAttachmentRecord } from '../../support/builders.ts';
import { FakeAttachments, fakeModerator, FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const [ann, bo, cy, di] = ['ann', 'bo', 'cy', 'di'];
const picture = {
  ...{ fileName: 'a.png', contentType: 'image/png', size: 4, sha256: null },
  availableAt: '2026-01-01T12:00:00.000Z',
};

/** Ann and Bo have a conversation with a message of Ann's; Bo another with Cy; Cy one with Di. */
const aChat = async () => {
  const clock = new FakeTimer();
  const log = new MemoryConversationLog();
  const parts = {
    log,
    outbox: new FakeOutbox(),
    attachments: new FakeAttachments(),
    moderator: fakeModerator,
    /** Tokens that are left. */
    tokens: 20,
    rateLimiter: {
      take: (_kind: string, _key: string, count = 1) => {
        if (parts.tokens < count) return Promise.reject(new ChatError('rate-limited', 'slow down'));
        parts.tokens -= count;
        return Promise.resolve();
      },
    },
    blocks: new MemoryBlocks(),
    looks: new MemoryAttachmentLooks(),
    clock,
    newId: randomUUID,
  };
  const changes = new MemoryChangeLog(log);
  const forward = forwardMessage(parts);
  const append = async (accepted: AcceptedMessage) => (await log.append(accepted, clock.now())).message;
  const say = (from: string, to: string, more: Partial<AcceptedMessage> = {}) =>
    append(anAcceptedMessage({ from, to, ...more }));
  /** With a picture whose bytes are there. */
  const show = async (from: string, to: string) => {
    const accepted = anAcceptedMessage({ from, to });
    const { messageId, conversationId } = accepted;
    const attachmentId = attachmentIdOf(messageId);
    const record = { ...picture, attachmentId, conversationId, messageId, ownerId: from };
    await parts.attachments.reserve(anAttachmentRecord({ ...record, availableAt: accepted.acceptedAt }));
    parts.attachments.uploaded.set(attachmentId, Buffer.from('data'));
    return append({ ...accepted, attachment: { ...picture, attachmentId } });
  };
  const source = await say(ann, bo, { messageText: 'Look', mentions: [bo] });
  await say(bo, cy);
  await say(cy, di);
  let count = 0;
  const change = (userId: string, conversationId: string, action: MessageAction) => {
    const asked: AcceptedChange = {
      changeId: changeIdOf(conversationId, userId, `k${count++}`),
      ...{ conversationId, userId, acceptedAt: clock.now().toISOString(), action },
    };
    const decide = (ground: Parameters<typeof decideChange>[1]) =>
      decideChange(asked, ground, { now: clock.now(), maxMembers: 10 });
    return changes.apply(asked, decide, clock.now());
  };
  return {
    ...parts,
    parts,
    source,
    say,
    show,
    change,
    append,
    get: getAttachment(parts),
    forward: (userId: string, message: { conversationId: string; messageId: string }, body: object) =>
      forward(userId, message, () => Promise.resolve(forwardRequest.parse(body)), tracing),
  };
};

const toCy = directConversationId(bo, cy);

describe('forwarding a message', () => {
  it('sends its content once more, naming who wrote it and not where', async () => {
    const { forward, source, outbox } = await aChat();
    const { messages } = await forward(bo, source, { conversationIds: [toCy], clientMessageId: 'f1' });
    expect(outbox.enqueued).toEqual([
      expect.objectContaining({
        ...{ messageId: messages[0]?.messageId, conversationId: toCy, senderId: bo, clientMessageId: 'f1' },
        ...{ messageText: 'Look', forwardedFrom: { senderId: ann }, mentions: [], replyTo: null },
      }),
    ]);
    const { conversationId, messageId } = source;
    expect(JSON.stringify(outbox.enqueued)).not.toContain(conversationId);
    expect(JSON.stringify(outbox.enqueued)).not.toContain(messageId);
  });

  it('names the first author also of what was forwarded before', async () => {
    const { forward, source, outbox, append } = await aChat();
    await forward(bo, source, { conversationIds: [toCy] });
    const [accepted] = outbox.enqueued;
    const copy = await append(accepted ?? anAcceptedMessage({ from: bo, to: cy }));
    await forward(cy, copy, { conversationIds: [directConversationId(cy, di)] });
    expect(outbox.enqueued[1]).toMatchObject({ senderId: cy, forwardedFrom: { senderId: ann } });
  });

  it('names the same messages when it is repeated, one for each conversation', async () => {
    const { forward, source, outbox } = await aChat();
    const body = { conversationIds: [toCy, source.conversationId, toCy], clientMessageId: 'f1' };
    const first = await forward(bo, source, body);
    expect(first.messages.map(({ conversationId }) => conversationId)).toEqual([toCy, source.conversationId]);
    expect(await forward(bo, source, body)).toEqual(first);
    expect(new Set(outbox.enqueued.map(({ messageId }) => messageId)).size).toBe(2);
  });

  it('is done for all conversations or for none', async () => {
    const { forward, source, outbox, parts, blocks, clock } = await aChat();
    const strange = directConversationId(cy, di);
    const to = (...conversationIds: string[]) => forward(bo, source, { conversationIds });
    for (const id of [strange, 'nonsense', `g-${'x'.repeat(24)}`])
      await expect(to(toCy, id)).rejects.toMatchObject({ code: 'not-a-member' });
    parts.tokens = 1;
    await expect(to(toCy, source.conversationId)).rejects.toMatchObject({ code: 'rate-limited' });
    expect(parts.tokens).toBe(1);
    parts.tokens = 20;
    await blocks.block(cy, bo, clock.now());
    await expect(to(source.conversationId, toCy)).rejects.toMatchObject({ code: 'blocked' });
    expect(outbox.enqueued).toEqual([]);
  });

  it('is for members of its conversation, whatever they say', async () => {
    const { forward, source, parts } = await aChat();
    await expect(forward(cy, source, { conversationIds: [toCy] })).rejects.toMatchObject({
      code: 'not-a-member',
    });
    const read = () => Promise.reject(new Error('It was read.'));
    await expect(forwardMessage(parts)(cy, source, read, tracing)).rejects.toMatchObject({
      code: 'not-a-member',
    });
  });

  it('is refused of what is not there, not there any more, hidden, a note of the system, or not let through', async () => {
    const { forward, source, say, change, log, clock } = await aChat();
    const body = { conversationIds: [toCy] };
    const { conversationId } = source;
    await expect(forward(bo, { conversationId, messageId: 'm-1' }, body)).rejects.toMatchObject({
      code: 'not-found',
    });
    const bad = await say(ann, bo, { messageText: 'bad' });
    await expect(forward(bo, bad, body)).rejects.toMatchObject({ code: 'message-rejected' });
    await change(ann, conversationId, { type: 'delete', messageId: source.messageId });
    await expect(forward(bo, source, body)).rejects.toMatchObject({ code: 'message-deleted' });
    const brief = await say(ann, bo, { expiresAt: new Date(clock.now().getTime() + 1000).toISOString() });
    clock.advance(1000);
    await expect(forward(bo, brief, body)).rejects.toMatchObject({ code: 'message-deleted' });
    const member = log.stored(conversationId)?.members.get(bo);
    const later = await say(ann, bo);
    if (member) log.stored(conversationId)?.members.set(bo, { ...member, hidden: [[1, later.seq]] });
    await expect(forward(bo, later, body)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('lets nothing outlive what it was made from', async () => {
    const { forward, say, outbox, clock } = await aChat();
    const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
    await forward(bo, await say(ann, bo, { expiresAt }), { conversationIds: [toCy] });
    expect(outbox.enqueued[0]).toMatchObject({ expiresAt });
  });

  it('puts no words into another’s mouth: the copy cannot be edited', async () => {
    const { forward, source, outbox, append, change } = await aChat();
    await forward(bo, source, { conversationIds: [toCy] });
    const { messageId } = await append(outbox.enqueued[0] ?? anAcceptedMessage({ from: bo, to: cy }));
    const edit = { type: 'edit' as const, messageId, messageText: 'I owe Bo money' };
    await expect(change(bo, toCy, edit)).rejects.toMatchObject({ code: 'not-permitted' });
    const remove = await change(bo, toCy, { type: 'delete', messageId });
    expect(remove.message).toMatchObject({ deletedAt: expect.any(String) as string, forwardedFrom: null });
    const restored = await change(bo, toCy, { type: 'restore', messageId });
    expect(restored.message).toMatchObject({ messageText: 'Look', forwardedFrom: { senderId: ann } });
  });

  it('brings an attachment to the members of the conversation, and to nobody else', async () => {
    const { forward, show, outbox, append, get, change } = await aChat();
    const shown = await show(ann, bo);
    await forward(bo, shown, { conversationIds: [toCy] });
    const [accepted] = outbox.enqueued;
    const copyId = accepted?.attachment?.attachmentId ?? '';
    const originalId = shown.attachment?.attachmentId ?? '';
    expect(copyId).not.toBe(originalId);
    await append(accepted ?? anAcceptedMessage({ from: bo, to: cy }));
    expect(await get(cy, copyId)).toMatchObject({
      ...{ attachmentId: copyId, conversationId: toCy, fileName: 'a.png' },
      downloadUrl: `https://test/down/${originalId}`,
    });
    await expect(get(ann, copyId)).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(get(cy, originalId)).rejects.toMatchObject({ code: 'not-a-member' });
    await change(ann, shown.conversationId, { type: 'delete', messageId: shown.messageId });
    await expect(get(bo, originalId)).rejects.toMatchObject({ code: 'not-found' });
    expect(await get(bo, copyId)).toMatchObject({ attachmentId: copyId });
  });
});

describe('an attachment', () => {
  it('is there as long as its message is', async () => {
    const { show, get, change } = await aChat();
    const { attachment, messageId, conversationId } = await show(ann, bo);
    const attachmentId = attachment?.attachmentId ?? '';
    expect(await get(bo, attachmentId)).toMatchObject({ attachmentId });
    await change(ann, conversationId, { type: 'delete', messageId });
    await expect(get(bo, attachmentId)).rejects.toMatchObject({ code: 'not-found' });
    await expect(get(ann, attachmentId)).rejects.toMatchObject({ code: 'not-found' });
    await change(ann, conversationId, { type: 'restore', messageId });
    expect(await get(bo, attachmentId)).toMatchObject({ attachmentId });
  });

  it('is for those who see its message', async () => {
    const { log, attachments, clock, get } = await aChat();
    const group = aGroup(ann, [bo]);
    const { conversationId } = group;
    await log.create(group, clock.now());
    const accepted = anAcceptedMessage({ from: ann, to: bo, conversationId, directMembers: null });
    const attachmentId = attachmentIdOf(accepted.messageId);
    const record = { ...picture, attachmentId, conversationId, messageId: accepted.messageId, ownerId: ann };
    await attachments.reserve(anAttachmentRecord({ ...record, availableAt: accepted.acceptedAt }));
    attachments.uploaded.set(attachmentId, Buffer.from('data'));
    await expect(get(bo, attachmentId)).rejects.toMatchObject({ code: 'not-found' }); // it has no place yet
    const expiresAt = new Date(clock.now().getTime() + 1000).toISOString();
    const content = { attachment: { ...picture, attachmentId }, expiresAt };
    await log.append({ ...accepted, ...content }, clock.now());
    expect(await get(bo, attachmentId)).toMatchObject({ attachmentId });
    const member = log.stored(conversationId)?.members.get(bo);
    if (member) log.stored(conversationId)?.members.set(bo, { ...member, hidden: [[1, 1]] });
    await expect(get(bo, attachmentId)).rejects.toMatchObject({ code: 'not-found' });
    expect(await get(ann, attachmentId)).toMatchObject({ attachmentId });
    clock.advance(1000);
    await expect(get(ann, attachmentId)).rejects.toMatchObject({ code: 'not-found' });
  });
});
