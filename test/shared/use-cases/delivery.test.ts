import { describe, expect, it, vi } from 'vitest';
import { MemoryBlocks } from '../../../shared/adapters/memory/memory-blocks.ts';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { MemoryInbox } from '../../../shared/adapters/memory/memory-inbox.ts';
import { MemoryPresence } from '../../../shared/adapters/memory/memory-presence.ts';
import { malformed } from '../../../shared/domain/errors.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import { tombstoneOf, type AcceptedMessage } from '../../../shared/domain/message.ts';
import type { DeliveryCheck } from '../../../shared/ports/outbox.ts';
import { acknowledgeInbox } from '../../../shared/use-cases/acknowledge-inbox.ts';
import { acknowledgeMessages } from '../../../shared/use-cases/acknowledge-messages.ts';
import { checkDelivery } from '../../../shared/use-cases/check-delivery.ts';
import { deliverMessage } from '../../../shared/use-cases/deliver-message.ts';
import { readHistory } from '../../../shared/use-cases/read-history.ts';
import { readInbox } from '../../../shared/use-cases/read-inbox.ts';
import { recordReceipt, type ReceiptKind } from '../../../shared/use-cases/record-receipt.ts';
import { anAcceptedMessage, messagesIn } from '../../support/builders.ts';
import { FakeBroadcaster, FakeEventFeed, FakeOutbox, FakeTimer, tracing } from '../../support/fakes.ts';

const [ann, bo] = ['ann', 'bo'];
const id = directConversationId(ann, bo);

const aChat = () => {
  const timer = new FakeTimer();
  const log = new MemoryConversationLog();
  const inbox = new MemoryInbox();
  const presence = new MemoryPresence();
  const broadcaster = new FakeBroadcaster();
  const outbox = new FakeOutbox();
  const events = new FakeEventFeed();
  const parts = {
    log,
    inbox,
    presence,
    blocks: new MemoryBlocks(),
    expiries: new MemoryExpiries(),
    broadcaster,
    outbox,
    events,
    clock: timer,
    inboxGroupSize: 3,
    minAgeMs: 5000,
  };
  const deliver = deliverMessage(parts);
  const read = readInbox(parts);
  return {
    ...parts,
    timer,
    say: (from: string, to: string, rest: Partial<AcceptedMessage> = {}) => {
      timer.advance(1000);
      return deliver(anAcceptedMessage({ from, to, ...rest }), tracing);
    },
    deliver: (message: AcceptedMessage) => deliver(message, tracing),
    /** As it falls due: a while after the push. */
    check: (check: DeliveryCheck) => {
      timer.advance(15_000);
      return checkDelivery(parts)(check, tracing);
    },
    checkAtOnce: (check: DeliveryCheck) => checkDelivery(parts)(check, tracing),
    read: async (userId: string) =>
      messagesIn((await read(userId, 100, undefined)).items).map(({ message }) => message.seq),
    page: read,
    acknowledge: async (userId: string, seqs: number[]) => {
      const { items } = await read(userId, 100, undefined);
      const ids = messagesIn(items)
        .filter(({ message }) => seqs.includes(message.seq))
        .map(({ inboxId }) => inboxId);
      return acknowledgeInbox(parts)(userId, ids);
    },
    receipt: (userId: string, kind: ReceiptKind, conversationId: string, upToSeq: number) =>
      recordReceipt(parts)(userId, kind, conversationId, () => Promise.resolve(upToSeq)),
    got: acknowledgeMessages(parts),
    history: readHistory(parts),
  };
};

describe('delivering a message', () => {
  it('pushes of a message that has expired meanwhile nothing but its place', async () => {
    const { say, check, presence, broadcaster } = aChat();
    await presence.connected(bo, 'phone');
    await say(ann, bo, { expiresAt: '2026-01-01T12:00:05.000Z' });
    await check({ conversationId: id, userId: bo });
    const texts = broadcaster.pushed.flatMap(({ to, event }) =>
      to === bo && event.type === 'message.created' ? [event.message.messageText] : [],
    );
    expect(texts).toEqual(['Hello', null]);
  });

  it('pushes it to whoever is online, on both sides, and schedules a check for the receiver', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.presence.connected(ann, 'a1');
    await chat.say(ann, bo);
    expect(chat.broadcaster.messagesTo(bo)).toEqual([1]);
    expect(chat.broadcaster.messagesTo(ann)).toEqual([1]);
    expect(chat.outbox.checks).toEqual([{ conversationId: id, userId: bo }]);
    expect(await chat.read(bo)).toEqual([]);
  });

  it('keeps it for whoever is offline, and pushes nothing', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    expect(await chat.read(bo)).toEqual([1]);
    expect(await chat.read(ann)).toEqual([]);
    expect(chat.broadcaster.pushed).toEqual([]);
    expect(chat.outbox.checks).toEqual([]);
  });

  it('tells how long it took since it was accepted, and never less than nothing where clocks differ', async () => {
    const chat = aChat();
    const acceptedAt = (secondsAgo: number): string =>
      new Date(chat.clock.now().getTime() - secondsAgo * 1000).toISOString();
    const [late, early] = [2, -2].map((seconds) =>
      anAcceptedMessage({ from: ann, to: bo, acceptedAt: acceptedAt(seconds) }),
    );
    expect(late && (await chat.deliver(late))).toMatchObject({ sinceAcceptedMs: 2000 });
    expect(early && (await chat.deliver(early))).toMatchObject({ sinceAcceptedMs: 0 });
  });

  it('keeps it when the push fails', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    chat.broadcaster.isDown = true;
    const delivery = await chat.say(ann, bo);
    expect(delivery.pushErrors.length).toBeGreaterThan(0);
    expect(await chat.read(bo)).toEqual([1]);
  });

  it('fails as a whole when the check cannot be scheduled, so that the queue delivers it again', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    chat.outbox.isDown = true;
    const message = anAcceptedMessage({ from: ann, to: bo });
    await expect(chat.deliver(message)).rejects.toMatchObject({ code: 'unavailable' });
    chat.outbox.isDown = false;
    expect(await chat.deliver(message)).toMatchObject({ seq: 1, isNew: false, pushed: [bo] });
  });

  it('pushes as well when the receiver came online while it was kept', async () => {
    const chat = aChat();
    const keep = chat.inbox.keep.bind(chat.inbox);
    chat.inbox.keep = async (userId, messages) => {
      await keep(userId, messages);
      await chat.presence.connected(bo, 'b1'); // having read the inbox just before the row came
    };
    await chat.say(ann, bo);
    expect(chat.broadcaster.messagesTo(bo)).toEqual([1]);
    expect(await chat.read(bo)).toEqual([1]);
  });

  it('twice gives it one place and one inbox row', async () => {
    const chat = aChat();
    const message = anAcceptedMessage({ from: ann, to: bo });
    await chat.deliver(message);
    chat.timer.advance(20 * 60_000); // long after the queue's own duplicate detection
    await chat.deliver(message);
    expect(await chat.read(bo)).toEqual([1]);
    expect((await chat.log.head(id))?.headSeq).toBe(1);
  });
});

describe('telling other services', () => {
  it('happens once for each message, with its place, content and the number of members', async () => {
    const chat = aChat();
    await chat.say(ann, bo, { messageText: 'hi' });
    await chat.say(bo, ann);
    expect(chat.events.published).toMatchObject([
      {
        type: 'message.sent',
        conversationId: id,
        data: {
          conversationType: 'direct',
          memberCount: 2,
          seq: 1,
          message: { messageText: 'hi', senderId: ann, seq: 1, status: 'sent' },
        },
      },
      { type: 'message.sent', data: { seq: 2 } },
    ]);
  });

  it('fails the delivery when the event is not durable, under the same id until it is', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    const message = anAcceptedMessage({ from: ann, to: bo });
    chat.events.isDown = true;
    await expect(chat.deliver(message)).rejects.toMatchObject({ code: 'unavailable' });
    expect(chat.broadcaster.messagesTo(bo)).toEqual([1]); // people did not wait for it
    chat.events.isDown = false;
    await chat.deliver(message);
    await chat.deliver(message);
    const [first, second] = chat.events.published;
    expect(first?.id).toMatch(/^ev-[\w-]{24}$/);
    expect(second).toEqual(first);
  });

  it('waits for nobody: a push that hangs does not keep the event', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (release = resolve));
    chat.broadcaster.toUser = () => hanging;
    const told = new Promise<void>((resolve) => {
      const publish = chat.events.publish.bind(chat.events);
      chat.events.publish = async (event) => {
        await publish(event);
        resolve();
      };
    });
    const delivered = chat.say(ann, bo);
    await told;
    release();
    await delivered;
  });
});

describe('the delivery check', () => {
  it('puts into the inbox what a dead socket swallowed', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.say(ann, bo);
    await chat.say(ann, bo);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(2);
    expect(await chat.read(bo)).toEqual([1, 2]);
  });

  it('pushes again to a client that is there: the push may have been lost', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    chat.broadcaster.isDown = true;
    await chat.say(ann, bo);
    chat.broadcaster.isDown = false;
    expect(chat.broadcaster.messagesTo(bo)).toEqual([]);
    await chat.check({ conversationId: id, userId: bo });
    expect(chat.broadcaster.messagesTo(bo)).toEqual([1]);
    chat.broadcaster.isDown = true;
    await chat.say(ann, bo);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(1);
    expect(await chat.read(bo)).toEqual([1, 2]);
  });

  it('keeps nothing that is erased at this moment', async () => {
    const { say, check, log, inbox, presence } = aChat();
    await presence.connected('bo', 'half-open');
    const { conversationId } = await say('ann', 'bo');
    const keep = inbox.keep.bind(inbox);
    inbox.keep = async (...row) => {
      const { head, messages } = log.stored(conversationId) ?? {};
      if (head && messages) {
        messages.splice(0, 1, ...messages.map((message) => tombstoneOf(message, message.createdAt)));
        head.headRev++;
      }
      await keep(...row); // behind whoever erased it and looked here
    };
    await check({ conversationId, userId: 'bo' });
    expect(await inbox.list('bo', 10, undefined)).toEqual([]);
  });

  it('leaves what came just now to another check, for its acknowledgement may be under way', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.say(ann, bo);
    chat.timer.advance(10_000);
    await chat.say(ann, bo);
    chat.outbox.checks.length = 0;
    const check = { conversationId: id, userId: bo };
    expect(await chat.checkAtOnce(check)).toBe(1);
    expect(await chat.read(bo)).toEqual([1]);
    expect(chat.outbox.checks).toEqual([check]);
    chat.outbox.checks.length = 0;
    await chat.receipt(bo, 'delivered', id, 2);
    expect(await chat.check(check)).toBe(0);
    expect(chat.outbox.checks).toEqual([]);
  });

  it('spares nothing that a clock ahead has dated', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.say(ann, bo);
    chat.timer.advance(-3_600_000);
    expect(await chat.checkAtOnce({ conversationId: id, userId: bo })).toBe(1);
  });

  it('goes on where it stopped', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    for (let n = 0; n < 150; n++) await chat.say(ann, bo);
    const keep = chat.inbox.keep.bind(chat.inbox);
    let calls = 0;
    chat.inbox.keep = (userId, messages) =>
      ++calls === 2 ? Promise.reject(new Error('storage is away')) : keep(userId, messages);
    await expect(chat.check({ conversationId: id, userId: bo })).rejects.toThrow();
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(50);
  });

  it('keeps nothing that was acknowledged, nor the user’s own messages', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.say(ann, bo);
    await chat.say(bo, ann);
    await chat.receipt(bo, 'delivered', id, 1);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(0);
    expect(await chat.read(bo)).toEqual([]);
  });

  it('keeps what was lost between messages that were acknowledged singly', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    for (let n = 0; n < 4; n++) await chat.say(ann, bo);
    await chat.got(bo, id, [1, 4]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 1, deliveredAhead: [[4, 4]] });
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(2);
    expect(await chat.read(bo)).toEqual([2, 3]);
    expect(await chat.acknowledge(bo, [2, 3])).toBe(2);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 4, deliveredAhead: [] });
  });

  it('looks at each message once, however long a client stays silent', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    for (let n = 0; n < 3; n++) await chat.say(ann, bo);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(3);
    await chat.say(ann, bo);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(1);
    expect(await chat.read(bo)).toEqual([1, 2, 3, 4]);
  });

  it('takes more than a batch, and a conversation that is not there', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    for (let n = 0; n < 250; n++) await chat.say(ann, bo);
    expect(await chat.check({ conversationId: id, userId: bo })).toBe(250);
    expect(await chat.check({ conversationId: directConversationId('x', 'y'), userId: bo })).toBe(0);
    expect(await chat.check({ conversationId: id, userId: 'eve' })).toBe(0);
  });
});

describe('the inbox', () => {
  it('leaves out what reached the user by another way', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    await chat.say(ann, bo);
    await chat.receipt(bo, 'delivered', id, 1);
    expect(await chat.read(bo)).toEqual([2]);
  });

  it('gives nothing twice that was acknowledged, in whatever order', async () => {
    const chat = aChat();
    for (let n = 0; n < 3; n++) await chat.say(ann, bo);
    expect(await chat.acknowledge(bo, [3])).toBe(1);
    expect(await chat.read(bo)).toEqual([1, 2]);
    await chat.check({ conversationId: id, userId: bo });
    expect(await chat.read(bo)).toEqual([1, 2]);
    expect(await chat.acknowledge(bo, [1, 2])).toBe(2);
    expect(await chat.read(bo)).toEqual([]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 3, deliveredAhead: [] });
  });

  it('never counts a message as delivered that was pushed into a dead socket', async () => {
    const chat = aChat();
    await chat.presence.connected(bo, 'b1');
    await chat.say(ann, bo); // 1: pushed, never seen
    await chat.presence.disconnected(bo, 'b1');
    await chat.say(ann, bo); // 2: kept
    await chat.acknowledge(bo, [2]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 0 });
    await chat.check({ conversationId: id, userId: bo });
    expect(await chat.read(bo)).toEqual([1]);
  });

  it('counts the user’s own messages in between as delivered', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    await chat.say(bo, ann);
    await chat.say(ann, bo);
    await chat.acknowledge(bo, [1, 3]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 3, deliveredAhead: [] });
  });

  it('is read page by page, also over rows that are left out', async () => {
    const chat = aChat();
    for (let n = 0; n < 10; n++) await chat.say(ann, bo);
    await chat.receipt(bo, 'delivered', id, 5);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await chat.page(bo, 2, cursor);
      seen.push(...messagesIn(page.items).map(({ message }) => message.seq));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual([6, 7, 8, 9, 10]);
  });

  it('takes what is acknowledged out, though its reader has just left one of the conversations', async () => {
    const chat = aChat();
    const other = directConversationId(bo, 'cy');
    await chat.say(ann, bo);
    await chat.say('cy', bo);
    const lookedUp = chat.log.receiptGround.bind(chat.log);
    vi.spyOn(chat.log, 'receiptGround').mockImplementation(async (conversationId, userId) => {
      const ground = await lookedUp(conversationId, userId);
      const members = chat.log.stored(conversationId)?.members;
      const member = members?.get(userId);
      if (conversationId === other && member) members?.set(userId, { ...member, leftSeq: 1 });
      return ground;
    });
    const { items } = await chat.page(bo, 100, undefined);
    const ids = items.map(({ inboxId }) => inboxId);
    expect(await acknowledgeInbox({ ...chat, clock: chat.timer })(bo, ids)).toBe(2);
    expect(await chat.inbox.list(bo, 100, undefined)).toEqual([]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 1 });
  });

  it('tells the sender what was delivered', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    await chat.presence.connected(ann, 'a1');
    await chat.acknowledge(bo, [1]);
    expect(chat.broadcaster.pushed).toContainEqual({
      to: ann,
      event: expect.objectContaining({ type: 'receipt.delivered', userId: bo, upToSeq: 1 }) as unknown,
    });
  });
});

describe('acknowledging single messages', () => {
  it('takes places that are there, over own messages, of members only', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    await chat.say(bo, ann);
    await chat.say(ann, bo);
    await chat.got(bo, id, [3, 7, 1]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 3, deliveredAhead: [] });
    await chat.got(bo, id, [9]);
    expect(await chat.log.member(id, bo)).toMatchObject({ deliveredSeq: 3, deliveredAhead: [] });
    await expect(chat.got('eve', id, [1])).rejects.toMatchObject({ code: 'not-a-member' });
  });
});

describe('the history', () => {
  const query = {
    limit: 50,
    before: undefined,
    after: undefined,
    around: undefined,
    page: undefined,
    pageSize: undefined,
    cursor: undefined,
  };

  it('shows how far each message has come, and since when', async () => {
    const chat = aChat();
    for (let n = 0; n < 3; n++) await chat.say(ann, bo);
    await chat.receipt(bo, 'delivered', id, 2);
    const deliveredAt = chat.timer.now().toISOString();
    chat.timer.advance(1000);
    await chat.receipt(bo, 'read', id, 1);
    const readAt = chat.timer.now().toISOString();
    const { items } = await chat.history(ann, id, () => query);
    expect(items.map(({ status, deliveredAt, readAt }) => ({ status, deliveredAt, readAt }))).toEqual([
      { status: 'read', deliveredAt, readAt },
      { status: 'delivered', deliveredAt, readAt: null },
      { status: 'sent', deliveredAt: null, readAt: null },
    ]);
  });

  it('says nothing of what is wrong with a receipt but to members, and looks members up for that only', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    const lookedUp = vi.spyOn(chat.log, 'member');
    await chat.receipt(bo, 'read', id, 1);
    expect(lookedUp).not.toHaveBeenCalled();
    const wrong = () => Promise.reject(malformed('/upToSeq', 'must be a seq'));
    const record = recordReceipt({ ...chat, clock: chat.timer });
    await expect(record('eve', 'read', id, wrong)).rejects.toMatchObject({ code: 'not-a-member' });
    await expect(record(bo, 'read', id, wrong)).rejects.toMatchObject({ code: 'malformed-request' });
  });

  it.each([
    [{}, [9, 10, 11, 12], 'b9'],
    [{ before: 9 }, [5, 6, 7, 8], 'b5'],
    [{ before: 3 }, [1, 2], null],
    [{ before: 1_000_000 }, [9, 10, 11, 12], 'b9'],
    [{ cursor: 'b1000000' }, [9, 10, 11, 12], 'b9'],
    [{ after: 0 }, [1, 2, 3, 4], 'a4'],
    [{ after: 10 }, [11, 12], null],
    [{ after: 12 }, [], null],
    [{ around: 6 }, [5, 6, 7, 8], 'a8'],
    [{ page: 1, pageSize: 5 }, [8, 9, 10, 11, 12], 'b8'],
    [{ page: 3, pageSize: 5 }, [1, 2], null],
    [{ page: 9, pageSize: 5 }, [], null],
    [{ cursor: 'b5' }, [1, 2, 3, 4], null],
    [{ cursor: 'a4' }, [5, 6, 7, 8], 'a8'],
  ])('asked for %j answers %j', async (bounds, seqs, nextCursor) => {
    const chat = aChat();
    for (let n = 0; n < 12; n++) await chat.say(n % 2 === 0 ? ann : bo, n % 2 === 0 ? bo : ann);
    const page = await chat.history(ann, id, () => ({ ...query, limit: 4, ...bounds }));
    expect(page.items.map(({ seq }) => seq)).toEqual(seqs);
    expect(page).toMatchObject({ nextCursor, headSeq: 12, headRev: 0, total: 12 });
  });

  it('is closed to strangers, and says the same of what does not exist', async () => {
    const chat = aChat();
    await chat.say(ann, bo);
    const errors = await Promise.all(
      [id, directConversationId('x', 'y'), 'nonsense', '../head'].map((conversationId) =>
        chat
          .history('eve', conversationId, () => query)
          .then(
            () => 'no error',
            (error: unknown) => String(error),
          ),
      ),
    );
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toContain('not a member');
  });
});

describe('a block that comes while a message is under way', () => {
  const sent = (timer: FakeTimer) =>
    anAcceptedMessage({ from: ann, to: bo, acceptedAt: timer.now().toISOString() });

  it('refuses the message for good', async () => {
    const chat = aChat();
    const message = sent(chat.timer);
    await chat.blocks.block(bo, ann, chat.timer.now());
    chat.timer.advance(3000);
    await expect(chat.deliver(message)).rejects.toMatchObject({ code: 'blocked' });
    expect(await chat.log.head(id)).toBeUndefined();
  });

  it('takes nothing back that is in the log already, and holds up nobody but the blocked', async () => {
    const chat = aChat();
    const message = sent(chat.timer);
    await chat.deliver(message);
    await chat.blocks.block(bo, ann, chat.timer.now());
    chat.timer.advance(3000);
    expect(await chat.deliver(message)).toMatchObject({ seq: 1, isNew: false });
    expect(await chat.say(bo, ann)).toMatchObject({ seq: 2 });
  });

  it('costs a message that comes at once no look', async () => {
    const chat = aChat();
    const looked = vi.spyOn(chat.blocks, 'blockersIn');
    await chat.deliver(sent(chat.timer));
    expect(looked).not.toHaveBeenCalled();
  });
});
