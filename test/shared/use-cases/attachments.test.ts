import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryAttachmentLooks } from '../../../shared/adapters/memory/memory-attachment-looks.ts';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { reserveAttachmentRequest } from '../../../shared/contract/attachments.ts';
import { conversationIdIn, sendMessageRequest } from '../../../shared/contract/send-message.ts';
import { decideChange } from '../../../shared/domain/decide-change.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { newAttachmentId } from '../../../shared/domain/identifiers.ts';
import { completeAttachment } from '../../../shared/use-cases/complete-attachment.ts';
import { getAttachment } from '../../../shared/use-cases/get-attachment.ts';
import { reserveAttachment } from '../../../shared/use-cases/reserve-attachment.ts';
import { sendMessage } from '../../../shared/use-cases/send-message.ts';
import { sweepAttachments } from '../../../shared/use-cases/sweep-attachments.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeAttachments, fakeModerator, FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const limits = { maxMessageLength: 100, maxAttachmentBytes: 1000 };
const [minute, hour] = [60_000, 3_600_000];

const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
const page = Buffer.from('<!doctype html><script>alert(1)</script>');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Ann and Bo have a conversation, Bo another with Cy. */
const aChat = async () => {
  const clock = new FakeTimer();
  const log = new MemoryConversationLog();
  const changes = new MemoryChangeLog(log);
  let verdict: 'clean' | 'malicious' | 'pending' = 'clean';
  const parts = {
    log,
    outbox: new FakeOutbox(),
    attachments: new FakeAttachments(),
    looks: new MemoryAttachmentLooks(),
    blocks: new MemoryBlocks(),
    moderator: fakeModerator,
    tokens: 100,
    rateLimiter: {
      take: () =>
        parts.tokens-- > 0 ? Promise.resolve() : Promise.reject(new ChatError('rate-limited', 'slow down')),
    },
    directory: { find: (userId: string) => Promise.resolve(userId) },
    scan: { verdict: () => Promise.resolve(verdict) },
    clock,
    newId: newAttachmentId,
    newChangeId: randomUUID,
  };
  const { conversationId } = (await log.append(anAcceptedMessage({ from: 'ann', to: 'bo' }), clock.now()))
    .message;
  const other = (await log.append(anAcceptedMessage({ from: 'bo', to: 'cy' }), clock.now())).message;
  const reserve = (userId: string, more: object = {}) => {
    const body = { conversationId, fileName: 'a.png', contentType: 'image/png', size: png.length, ...more };
    const read = () => Promise.resolve(reserveAttachmentRequest(limits).parse(body));
    return reserveAttachment(parts)(userId, body.conversationId, read);
  };
  const send = (userId: string, body: object) =>
    sendMessage({ ...parts, newId: randomUUID })(
      userId,
      {
        conversationId: conversationIdIn(body),
        draft: () => Promise.resolve(sendMessageRequest(limits).parse(body)),
      },
      tracing,
    );
  /** As the queue does: one after the other, each once. */
  let [delivered, applied] = [0, 0];
  const deliver = async () => {
    for (; delivered < parts.outbox.enqueued.length; delivered++) {
      const accepted = parts.outbox.enqueued[delivered];
      if (accepted) await log.append(accepted, clock.now());
    }
    for (; applied < parts.outbox.changes.length; applied++) {
      const change = parts.outbox.changes[applied];
      if (!change) continue;
      const decide = (ground: Parameters<typeof decideChange>[1]) =>
        decideChange(change, ground, { now: clock.now(), maxMembers: 10 });
      await changes.apply(change, decide, clock.now());
    }
  };
  return {
    ...{ parts, log, clock, conversationId, other: other.conversationId, reserve, send, deliver },
    outbox: parts.outbox,
    attachments: parts.attachments,
    upload: (attachmentId: string, bytes: Uint8Array = png) =>
      void parts.attachments.uploaded.set(attachmentId, bytes),
    complete: (userId: string, attachmentId: string) =>
      completeAttachment(parts)(userId, attachmentId, tracing),
    get: (userId: string, attachmentId: string) => getAttachment(parts)(userId, attachmentId),
    sweep: () => sweepAttachments(parts)(tracing),
    scanSays: (says: typeof verdict) => void (verdict = says),
    changed: () =>
      log.head(conversationId).then((head) => changes.changes(conversationId, 0, head?.headRev ?? 0)),
    messages: async () => {
      const head = await log.head(conversationId);
      return log.read(conversationId, { from: 1, to: head?.headSeq ?? 0 });
    },
  };
};

const code = (expected: string) => ({ code: expected });

describe('reserving an attachment', () => {
  it('notes what it is, under a clean name, and says where it is wanted', async () => {
    const { reserve, attachments, conversationId } = await aChat();
    const offer = await reserve('ann', { fileName: '../\u202egnp.exe', sha256: sha256(png).toUpperCase() });
    expect(offer.uploadUrl).toContain(offer.attachmentId);
    expect(attachments.records.get(offer.attachmentId)).toMatchObject({
      ...{ conversationId, ownerId: 'ann', messageId: null, fileName: '_gnp.exe', sha256: sha256(png) },
      ...{ availableAt: null, refusedAs: null },
    });
  });

  it('is for members, whatever they say', async () => {
    const { reserve, parts, conversationId } = await aChat();
    for (const id of [conversationId, 'nonsense', `g-${'x'.repeat(24)}`])
      await expect(reserve('eve', { conversationId: id })).rejects.toMatchObject(code('not-a-member'));
    const read = () => Promise.reject(new Error('It was read.'));
    await expect(reserveAttachment(parts)('eve', conversationId, read)).rejects.toMatchObject(
      code('not-a-member'),
    );
  });

  it('is refused to who is blocked or too fast, and of a name that is not let through', async () => {
    const { reserve, parts, clock, attachments } = await aChat();
    await expect(reserve('ann', { fileName: 'bad.png' })).rejects.toMatchObject(code('message-rejected'));
    await parts.blocks.block('bo', 'ann', clock.now());
    await expect(reserve('ann')).rejects.toMatchObject(code('blocked'));
    parts.tokens = 0;
    await expect(reserve('bo')).rejects.toMatchObject(code('rate-limited'));
    expect(attachments.records.size).toBe(0);
  });
});

describe('a message with an attachment that was reserved before', () => {
  it('has it, and no other message can have it', async () => {
    const { reserve, send, conversationId, outbox, deliver, messages } = await aChat();
    const { attachmentId } = await reserve('ann');
    const body = { conversationId, attachmentId, clientMessageId: 'k1' };
    const { messageId, attachment } = await send('ann', body);
    expect(attachment).toBeUndefined(); // it has its URL already
    expect((await send('ann', body)).messageId).toBe(messageId);
    await expect(send('ann', { ...body, clientMessageId: 'k2' })).rejects.toMatchObject(
      code('attachment-used'),
    );
    expect(outbox.enqueued).toHaveLength(2);
    await deliver();
    expect((await messages()).at(-1)).toMatchObject({
      ...{ messageId, type: 'image' },
      attachment: { attachmentId, fileName: 'a.png', availableAt: null },
    });
  });

  it('may be written to the other by name, too', async () => {
    const { reserve, send } = await aChat();
    const { attachmentId } = await reserve('ann');
    expect(await send('ann', { receiverId: 'bo', attachmentId })).toHaveProperty('messageId');
  });

  it('is refused when that is somebody else’s, of another conversation, not there, refused or a day old', async () => {
    const { reserve, send, conversationId, other, outbox, upload, complete, clock } = await aChat();
    const ofBo = await reserve('bo');
    const elsewhere = await reserve('bo', { conversationId: other });
    const old = await reserve('ann');
    clock.advance(24 * hour + 1);
    const bad = await reserve('ann');
    upload(bad.attachmentId, page);
    await expect(complete('ann', bad.attachmentId)).rejects.toMatchObject(code('attachment-size-mismatch'));
    const by = (userId: string, attachmentId: string) => send(userId, { conversationId, attachmentId });
    for (const [userId, attachmentId] of [
      ['ann', ofBo.attachmentId],
      ['bo', elsewhere.attachmentId],
      ['ann', newAttachmentId()],
      ['ann', old.attachmentId],
    ] as const)
      await expect(by(userId, attachmentId)).rejects.toMatchObject(code('not-found'));
    await expect(by('ann', bad.attachmentId)).rejects.toMatchObject(code('attachment-size-mismatch'));
    await expect(by('ann', 'nonsense')).rejects.toThrow(/reserved/);
    const both = {
      attachmentId: ofBo.attachmentId,
      attachment: { fileName: 'b', contentType: 'text/plain', size: 1 },
    };
    await expect(send('ann', { conversationId, ...both })).rejects.toThrow(/either/);
    expect(outbox.enqueued).toEqual([]);
  });
});

describe('completing an attachment', () => {
  it('before its message shows the message with it from the beginning', async () => {
    const { reserve, upload, complete, send, deliver, messages, get, outbox, conversationId } = await aChat();
    const { attachmentId } = await reserve('ann', { sha256: sha256(png) });
    upload(attachmentId);
    const state = await complete('ann', attachmentId);
    expect(state).toMatchObject({ attachmentId, messageId: null, availableAt: expect.any(String) as string });
    expect(await get('ann', attachmentId)).toMatchObject({ attachmentId }); // to look at before sending it
    await expect(get('bo', attachmentId)).rejects.toMatchObject(code('not-found'));
    await send('ann', { conversationId, attachmentId });
    await deliver();
    expect((await messages()).at(-1)?.attachment?.availableAt).toBe(state.availableAt);
    expect(await get('bo', attachmentId)).toMatchObject({ attachmentId });
    await complete('ann', attachmentId);
    expect(outbox.changes).toEqual([]);
  });

  it('after its message changes the message, once, however often it is done', async () => {
    const { send, upload, complete, deliver, messages, changed, get, clock } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length };
    const { attachment, messageId } = await send('ann', { receiverId: 'bo', attachment: file });
    const attachmentId = attachment?.attachmentId ?? '';
    await deliver();
    await expect(complete('ann', attachmentId)).rejects.toMatchObject(code('attachment-pending'));
    await expect(get('bo', attachmentId)).rejects.toMatchObject(code('attachment-pending'));
    upload(attachmentId);
    await Promise.all([complete('ann', attachmentId), complete('ann', attachmentId)]);
    await complete('ann', attachmentId);
    await deliver();
    await complete('ann', attachmentId);
    await deliver();
    const message = (await messages()).at(-1);
    expect(message).toMatchObject({ messageId, attachment: { availableAt: clock.now().toISOString() } });
    expect(await changed()).toMatchObject([
      { type: 'attachment.available', messageId, attachmentId, seq: message?.seq, rev: 1, by: 'ann' },
    ]);
    expect(await get('bo', attachmentId)).toMatchObject({ attachmentId, messageId });
  });

  it.each([
    ['of another size', 'attachment-size-mismatch', Buffer.concat([png, png]), {}],
    ['that are none', 'attachment-size-mismatch', Buffer.alloc(0), {}],
    ['of a page', 'attachment-type-mismatch', page, { size: page.length }],
    ['with another hash', 'attachment-hash-mismatch', png, { sha256: sha256(page) }],
  ])('whose bytes are %s takes them away and refuses it for good', async (_, expected, bytes, more) => {
    const { reserve, upload, complete, get, attachments } = await aChat();
    const { attachmentId } = await reserve('ann', more);
    upload(attachmentId, bytes);
    const tries = await Promise.allSettled([complete('ann', attachmentId), complete('ann', attachmentId)]);
    for (const end of tries) expect(end).toMatchObject({ status: 'rejected', reason: { code: expected } });
    expect(attachments.uploaded.size).toBe(0);
    upload(attachmentId); // by a URL that was still good
    await expect(complete('ann', attachmentId)).rejects.toMatchObject(code(expected));
    await expect(get('ann', attachmentId)).rejects.toMatchObject(code(expected));
    expect(attachments.uploaded.size).toBe(0);
  });

  it('reads the whole file only when the rest is right, and not again', async () => {
    const { reserve, upload, complete, attachments } = await aChat();
    const wrong = await reserve('ann', { sha256: sha256(page), size: page.length });
    upload(wrong.attachmentId, page);
    await expect(complete('ann', wrong.attachmentId)).rejects.toMatchObject(code('attachment-type-mismatch'));
    expect(attachments.hashed).toBe(0);
    const right = await reserve('ann', { sha256: sha256(png) });
    upload(right.attachmentId);
    await complete('ann', right.attachmentId);
    await complete('ann', right.attachmentId);
    expect(attachments.hashed).toBe(1);
  });

  it('is for its owner, as long as that is a member', async () => {
    const { reserve, upload, complete, log, conversationId } = await aChat();
    const { attachmentId } = await reserve('ann');
    upload(attachmentId);
    await expect(complete('eve', attachmentId)).rejects.toMatchObject(code('not-a-member'));
    await expect(complete('ann', newAttachmentId())).rejects.toMatchObject(code('not-a-member'));
    await expect(complete('ann', '../x')).rejects.toMatchObject(code('not-a-member'));
    await expect(complete('bo', attachmentId)).rejects.toMatchObject(code('not-permitted'));
    const member = log.stored(conversationId)?.members.get('ann');
    if (member) log.stored(conversationId)?.members.set('ann', { ...member, leftSeq: 1 });
    await expect(complete('ann', attachmentId)).rejects.toMatchObject(code('not-a-member'));
  });

  it('of a deleted message shows when the message is restored', async () => {
    const { send, upload, complete, deliver, outbox, messages, clock, conversationId } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length };
    const { attachment, messageId } = await send('ann', { receiverId: 'bo', attachment: file });
    await deliver();
    const ask = async (type: 'delete' | 'restore') => {
      const acceptedAt = clock.now().toISOString();
      const action = { type, messageId };
      await outbox.enqueueChange({
        changeId: randomUUID(),
        conversationId,
        userId: 'ann',
        acceptedAt,
        action,
      });
      await deliver();
    };
    await ask('delete');
    upload(attachment?.attachmentId ?? '');
    await complete('ann', attachment?.attachmentId ?? '');
    await deliver();
    expect((await messages()).at(-1)?.attachment).toBeNull();
    await ask('restore');
    expect((await messages()).at(-1)?.attachment?.availableAt).toEqual(expect.any(String));
  });

  it('waits for the scan, whose end is found without anybody asking', async () => {
    const { send, upload, complete, deliver, get, scanSays, sweep, clock, changed } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length, sha256: sha256(png) };
    const { attachment } = await send('ann', { receiverId: 'bo', attachment: file });
    const attachmentId = attachment?.attachmentId ?? '';
    await deliver();
    upload(attachmentId);
    scanSays('pending');
    expect(await complete('ann', attachmentId)).toMatchObject({ availableAt: null });
    await expect(get('bo', attachmentId)).rejects.toMatchObject(code('attachment-pending'));
    clock.advance(3 * minute);
    expect(await sweep()).toMatchObject({ looked: 1, removed: 0, errors: [] });
    await expect(get('bo', attachmentId)).rejects.toMatchObject(code('attachment-pending'));
    scanSays('clean');
    clock.advance(5 * minute);
    await sweep();
    await deliver();
    expect(await get('bo', attachmentId)).toMatchObject({ attachmentId });
    expect(await changed()).toMatchObject([{ type: 'attachment.available', attachmentId }]);
  });

  it('refuses what the scan found to be malicious, and takes it away', async () => {
    const { reserve, upload, complete, scanSays, attachments } = await aChat();
    const { attachmentId } = await reserve('ann');
    upload(attachmentId);
    scanSays('malicious');
    await expect(complete('ann', attachmentId)).rejects.toMatchObject(code('attachment-malicious'));
    expect(attachments.uploaded.size).toBe(0);
  });
});

describe('looking after attachments', () => {
  it('completes what was uploaded and never completed', async () => {
    const { send, upload, deliver, sweep, get, clock, changed } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length };
    const { attachment } = await send('ann', { receiverId: 'bo', attachment: file });
    const attachmentId = attachment?.attachmentId ?? '';
    await deliver();
    upload(attachmentId);
    expect(await sweep()).toEqual({ looked: 0, removed: 0, errors: [] }); // its owner has time to do so
    clock.advance(3 * minute);
    await sweep();
    await deliver();
    expect(await get('bo', attachmentId)).toMatchObject({ attachmentId });
    expect(await changed()).toHaveLength(1);
  });

  it('tells at last of what became available before its message came', async () => {
    const { send, upload, complete, deliver, sweep, outbox, clock, changed, messages } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length };
    const { attachment } = await send('ann', { receiverId: 'bo', attachment: file });
    upload(attachment?.attachmentId ?? '');
    const [accepted] = outbox.enqueued.splice(0); // it is held up
    await complete('ann', attachment?.attachmentId ?? '');
    await deliver();
    expect(await changed()).toEqual([]);
    if (accepted) outbox.enqueued.push(accepted);
    await deliver();
    clock.advance(3 * minute);
    await sweep();
    await deliver();
    expect((await messages()).at(-1)?.attachment?.availableAt).toEqual(expect.any(String));
    expect(await changed()).toHaveLength(1);
  });

  it('takes away what was never uploaded, or never sent, within a day and an hour', async () => {
    const { reserve, upload, complete, sweep, clock, attachments } = await aChat();
    await reserve('ann');
    const uploaded = await reserve('ann');
    upload(uploaded.attachmentId);
    const complete1 = await reserve('ann');
    upload(complete1.attachmentId);
    await complete('ann', complete1.attachmentId);
    const bad = await reserve('ann');
    upload(bad.attachmentId, page);
    let removed = 0;
    for (let hours = 0; hours < 24; hours++) {
      clock.advance(hour);
      removed += (await sweep()).removed;
    }
    expect([removed, attachments.records.size]).toEqual([0, 4]);
    expect([...attachments.uploaded.keys()].sort()).toEqual(
      [uploaded.attachmentId, complete1.attachmentId].sort(),
    );
    clock.advance(hour + 1);
    expect((await sweep()).removed).toBe(4);
    expect(attachments.records.size + attachments.uploaded.size).toBe(0);
    clock.advance(1000 * hour);
    expect((await sweep()).looked).toBe(0);
  });

  it('takes away what belongs to a message that never came, once no queue can hold it', async () => {
    const { reserve, send, upload, sweep, clock, attachments, conversationId } = await aChat();
    const { attachmentId } = await reserve('ann');
    upload(attachmentId);
    await send('ann', { conversationId, attachmentId });
    for (let days = 0; days < 15; days++) {
      clock.advance(24 * hour - 1);
      expect((await sweep()).removed).toBe(0);
    }
    clock.advance(48 * hour);
    expect((await sweep()).removed).toBe(1);
    expect(attachments.records.size + attachments.uploaded.size).toBe(0);
  });

  it('leaves what its message has, and looks at it no more', async () => {
    const { send, upload, complete, deliver, sweep, clock, attachments } = await aChat();
    const file = { fileName: 'a.png', contentType: 'image/png', size: png.length };
    const { attachment } = await send('ann', { receiverId: 'bo', attachment: file });
    await send('ann', { receiverId: 'bo', attachment: file }); // never uploaded: its message is there
    await deliver();
    upload(attachment?.attachmentId ?? '');
    await complete('ann', attachment?.attachmentId ?? '');
    await deliver();
    for (let hours = 0; hours < 60; hours++) {
      clock.advance(hour);
      expect((await sweep()).errors).toEqual([]);
    }
    expect([attachments.records.size, attachments.uploaded.size]).toEqual([2, 1]);
    clock.advance(1000 * hour);
    expect((await sweep()).looked).toBe(0);
  });

  it('takes away bytes that came back by a URL that was still good', async () => {
    const { reserve, upload, sweep, clock, attachments, parts } = await aChat();
    const writableUntil = new Date(clock.now().getTime() + 10 * minute);
    attachments.uploadUrl = () => Promise.resolve({ url: 'https://test/up', expiresAt: writableUntil });
    const { attachmentId } = await reserve('ann');
    upload(attachmentId);
    await attachments.remove(attachmentId); // as an erasure does
    upload(attachmentId);
    clock.advance(3 * minute);
    await sweep();
    expect(attachments.uploaded.size).toBe(0);
    upload(attachmentId); // again
    clock.advance(13 * minute);
    await sweep();
    expect(attachments.uploaded.size).toBe(0);
    clock.advance(1000 * hour);
    expect((await sweepAttachments(parts)(tracing)).looked).toBe(0);
  });

  it('goes on with the others, and later with this one, when something fails', async () => {
    const { reserve, upload, sweep, clock, attachments } = await aChat();
    const [one, two] = [await reserve('ann'), await reserve('ann')];
    for (const { attachmentId } of [one, two]) upload(attachmentId);
    const open = attachments.open.bind(attachments);
    attachments.open = (record) =>
      record.attachmentId === one.attachmentId ? Promise.reject(new Error('down')) : open(record);
    clock.advance(3 * minute);
    expect(await sweep()).toMatchObject({ looked: 2, errors: ['Error: down'] });
    expect(attachments.records.get(two.attachmentId)?.availableAt).toEqual(expect.any(String));
    attachments.open = open;
    clock.advance(4 * minute);
    await sweep();
    expect(attachments.records.get(one.attachmentId)?.availableAt).toEqual(expect.any(String));
  });
});
