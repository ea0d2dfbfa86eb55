import { describe, expect, it } from 'vitest';
import { MemoryConversationLog } from '../../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryMessageSearch } from '../../../shared/adapters/memory/memory-message-search.ts';
import { searchQuery } from '../../../shared/contract/search.ts';
import { ChatError } from '../../../shared/domain/errors.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { Message } from '../../../shared/domain/message.ts';
import { newMember, type Member } from '../../../shared/domain/conversation.ts';
import type { MessageSearch } from '../../../shared/ports/message-search.ts';
import type { RateLimiter } from '../../../shared/ports/rate-limiter.ts';
import { searchMessages } from '../../../shared/use-cases/search-messages.ts';
import { anAcceptedMessage } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';
import { LongLog } from '../../support/long-log.ts';

const [ann, bo, cy] = ['ann', 'bo', 'cy'];
const withBo = directConversationId(ann, bo);
const withCy = directConversationId(ann, cy);

/** A log that somebody can be taken out of. */
class Log extends MemoryConversationLog {
  readonly removed = new Set<string>();

  override member(conversationId: string, userId: string): Promise<Member | undefined> {
    return this.removed.has(`${conversationId} ${userId}`)
      ? Promise.resolve(undefined)
      : super.member(conversationId, userId);
  }
}

interface Where {
  conversationId?: string | undefined;
  as?: string;
}

const searching = (
  log: MemoryConversationLog,
  clock: FakeTimer,
  search: MessageSearch = new MemoryMessageSearch(log),
  rateLimiter: RateLimiter = { take: () => Promise.resolve() },
) => {
  const run = searchMessages({ log, search, rateLimiter, clock });
  const page = (q: string, query: Record<string, string> = {}, { conversationId, as = ann }: Where = {}) =>
    run(as, conversationId, () => searchQuery.parse({ q, ...query }));
  /** All pages, and how many there were. */
  const all = async (
    q: string,
    query: Record<string, string> = {},
    where: Where = {},
    between?: () => Promise<void>,
  ) => {
    const items: Message[] = [];
    let pages = 0;
    let cursor: string | undefined;
    do {
      const found = await page(q, { ...query, ...(cursor !== undefined && { cursor }) }, where);
      expect(found.items.length).toBeLessThanOrEqual(Number(query.limit ?? 20));
      items.push(...found.items);
      cursor = found.nextCursor ?? undefined;
      expect((cursor ?? '').length).toBeLessThan(3000);
      pages++;
      await between?.();
    } while (cursor !== undefined);
    return { items, pages };
  };
  return { page, all };
};

/** @param stretch places that one look covers */
const aChat = (stretch?: number) => {
  const clock = new FakeTimer();
  const log = new Log();
  return {
    log,
    clock,
    say: async (from: string, to: string, messageText: string) => {
      clock.advance(1000);
      const { message } = await log.append(anAcceptedMessage({ from, to, messageText }), clock.now());
      return message;
    },
    ...searching(log, clock, new MemoryMessageSearch(log, stretch)),
  };
};

const textsOf = ({ items }: { items: Message[] }): (string | null)[] =>
  items.map(({ messageText }) => messageText);

describe('a search for messages', () => {
  it('finds what has all the words, newest first across all conversations, as clients see messages', async () => {
    const chat = aChat();
    await chat.say(bo, ann, 'The Invoice for March');
    await chat.say(ann, cy, 'invoices for MÄRZ, please');
    await chat.say(cy, ann, 'an invoice at last');
    await chat.say(bo, ann, 'invoice: for Marzipan');
    await chat.say(bo, cy, 'invoice for march, not for Ann');
    await chat.log.raise(withBo, ann, { readSeq: 2 }, chat.clock.now());
    const { items, nextCursor } = await chat.page('for invoice MAR');
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      { messageText: 'invoice: for Marzipan', conversationId: withBo, seq: 2, senderId: bo, status: 'read' },
      {
        messageText: 'invoices for MÄRZ, please',
        conversationId: withCy,
        seq: 1,
        senderId: ann,
        status: 'sent',
      },
      { messageText: 'The Invoice for March', conversationId: withBo, seq: 1, reactions: [], editedAt: null },
    ]);
    expect((await chat.page('voice')).items).toEqual([]);
    expect((await chat.page('invoice', {}, { as: 'eve' })).items).toEqual([]);
  });

  it('looks in one conversation, or for one sender, when asked to', async () => {
    const chat = aChat();
    for (const [from, to] of [
      [ann, bo],
      [bo, ann],
      [cy, ann],
      [ann, cy],
    ] as const)
      await chat.say(from, to, `hello from ${from} to ${to}`);
    expect(textsOf(await chat.page('hello', {}, { conversationId: withBo }))).toEqual([
      'hello from bo to ann',
      'hello from ann to bo',
    ]);
    expect(textsOf(await chat.page('hello', { senderId: ann }))).toEqual([
      'hello from ann to cy',
      'hello from ann to bo',
    ]);
    expect(textsOf(await chat.page('hello', { senderId: cy }, { conversationId: withBo }))).toEqual([]);
  });

  it('is refused in conversations of others before anything else is looked at', async () => {
    const chat = aChat();
    await chat.say(ann, bo, 'hello');
    for (const conversationId of [withBo, directConversationId('x', 'y'), 'nonsense', ''])
      await expect(chat.page('', { limit: 'x' }, { conversationId, as: 'eve' })).rejects.toMatchObject({
        code: 'not-a-member',
      });
  });

  it('shows nothing of a conversation to whoever was removed from it, also between two pages', async () => {
    const chat = aChat();
    for (let n = 0; n < 3; n++) {
      await chat.say(bo, ann, `hello ${n}`);
      await chat.say(cy, ann, `hello ${n}`);
    }
    const first = await chat.page('hello', { limit: '2' });
    const alone = await chat.page('hello', { limit: '2' }, { conversationId: withBo });
    chat.log.removed.add(`${withBo} ${ann}`);
    const second = await chat.page('hello', { cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ conversationId, seq }) => [conversationId, seq])).toEqual([
      [withCy, 2],
      [withCy, 1],
    ]);
    await expect(
      chat.page('hello', { cursor: alone.nextCursor ?? '' }, { conversationId: withBo }),
    ).rejects.toMatchObject({ code: 'not-a-member' });
    expect((await chat.all('hello', { limit: '1' })).items).toHaveLength(3);
  });

  it.each([1, 3, 1000])(
    'goes on where it stopped, each message once, in one order, with looks of %i places',
    async (stretch) => {
      const chat = aChat(stretch);
      const sent: Message['messageId'][] = [];
      for (let n = 0; n < 200; n++) {
        // Some conversations are quicker than others, and some have long pauses.
        const from = `user${(n * n + Math.floor(n / 20)) % 12}`;
        const isHello = n % 2 === 0 || n % 7 === 0;
        const { messageId } = await chat.say(from, ann, isHello ? `hello ${n}` : 'something');
        if (isHello) sent.push(messageId);
      }
      for (const limit of ['1', '7', '100']) {
        const { items } = await chat.all('hello', { limit });
        expect(items.map(({ messageId }) => messageId)).toEqual(sent.toReversed());
      }
    },
  );

  it('finds each message of more conversations than it searches at a time, also while more is written', async () => {
    const chat = aChat(2);
    const sent = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const { messageId } = await chat.say(`user${(n * 7) % 50}`, ann, n % 3 === 0 ? 'hello' : 'something');
      if (n % 3 === 0) sent.add(messageId);
    }
    let n = 0;
    const { items } = await chat.all('hello', { limit: '5' }, {}, async () => {
      // Conversations that were searched and others come to the front, and new ones.
      for (const from of [`user${n++ % 50}`, `user${(n * 13) % 50}`, `new${n}`])
        for (let more = 0; more < 3; more++) await chat.say(from, ann, 'hello again');
    });
    expect(items.map(({ messageId }) => messageId).sort()).toEqual([...sent].sort());
  });

  it('answers short pages rather than work without end, and comes to the end all the same', async () => {
    const clock = new FakeTimer();
    const log = new LongLog(Array.from({ length: 100_000 }, (_, n) => (n === 4 ? 'needle' : 'hay')));
    const [user] = log.users;
    const where = { conversationId: log.conversationId, as: user };
    log.member = (_, userId) => Promise.resolve(newMember(userId, 'member'));
    const { items, pages } = await searching(log, clock).all('needle', {}, where);
    expect(items).toMatchObject([{ seq: 5 }]);
    expect(pages).toBeGreaterThan(1);
    expect(pages).toBeLessThan(10);
  });

  it('looks no further than the newest conversations when these have enough', async () => {
    const chat = aChat();
    for (let n = 0; n < 400; n++) await chat.say(`user${n % 40}`, ann, 'hello');
    let looks = 0;
    const inner = new MemoryMessageSearch(chat.log);
    const counting: MessageSearch = {
      find: (...args) => {
        looks++;
        return inner.find(...args);
      },
      forget: () => inner.forget(),
    };
    const { items } = await searching(chat.log, chat.clock, counting).page('hello', { limit: '8' });
    expect(items.map(({ senderId }) => senderId)).toEqual(
      [39, 38, 37, 36, 35, 34, 33, 32].map((n) => `user${n}`),
    );
    expect(looks).toBe(8);
  });

  it('leaves out what the index still finds and the log has changed', async () => {
    const clock = new FakeTimer();
    const log = new LongLog(Array.from({ length: 60 }, (_, n) => `hello ${n}`));
    const [user] = log.users;
    log.member = (_, userId) => Promise.resolve(newMember(userId, 'member'));
    const stale: MessageSearch = {
      find: (_, upTo) =>
        Promise.resolve({
          from: 1,
          seqs: Array.from({ length: upTo }, (_, n) => upTo - n),
          at: undefined,
          cost: 1,
        }),
      forget: () => Promise.resolve(),
    };
    for (let seq = 1; seq <= 60; seq++) if (seq % 10 !== 0) log.change(seq, seq % 2 === 0 ? null : 'other');
    const where = { conversationId: log.conversationId, as: user };
    const { items } = await searching(log, clock, stale).all('hello', { limit: '4' }, where);
    expect(items.map(({ seq }) => seq)).toEqual([60, 50, 40, 30, 20, 10]);
  });

  it('shows nothing that is hidden from the member, nor what has expired', async () => {
    const clock = new FakeTimer();
    const log = new LongLog(Array.from({ length: 9 }, (_, n) => `hello ${n}`));
    const [user] = log.users;
    log.member = (_, userId) => Promise.resolve({ ...newMember(userId, 'member'), hidden: [[2, 4]] });
    const [past, future] = [-1, 1].map((s) => new Date(clock.now().getTime() + s * 1000).toISOString());
    log.messages.forEach((message) => {
      message.expiresAt = (message.seq === 6 ? past : message.seq === 7 ? future : null) ?? null;
    });
    const where = { conversationId: log.conversationId, as: user };
    const found = async () =>
      (await searching(log, clock).all('hello', {}, where)).items.map(({ seq }) => seq);
    expect(await found()).toEqual([9, 8, 7, 5, 1]);
    clock.advance(1000);
    expect(await found()).toEqual([9, 8, 5, 1]);
  });

  it('goes on only with a cursor of its own', async () => {
    const chat = aChat();
    for (let n = 0; n < 5; n++) await chat.say(bo, ann, 'hello world');
    const { nextCursor } = await chat.page('hello', { limit: '2' });
    const cursor = nextCursor ?? '';
    expect((await chat.page('hello', { cursor })).items.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect((await chat.page('hello', { cursor })).items).toHaveLength(3); // as often as it is asked for
    const refused = { code: 'malformed-request', errors: [{ pointer: '/cursor' }] };
    const swapped = (n: number): string =>
      cursor.slice(0, n) + (cursor[n] === 'A' ? 'B' : 'A') + cursor.slice(n + 1);
    const [text = '', seal = ''] = cursor.split('.');
    const tampered = [
      ...Array.from(cursor, (_, n) => swapped(n)),
      ...[
        '',
        'x',
        '.',
        text,
        `.${seal}`,
        `${text}.`,
        `${cursor}A`,
        `${cursor} `,
        `${seal}.${text}`,
        'é'.repeat(100),
      ],
    ];
    for (const other of tampered)
      await expect(chat.page('hello', { cursor: other })).rejects.toMatchObject(refused);
    await expect(chat.page('world', { cursor })).rejects.toMatchObject(refused);
    await expect(chat.page('hello', { cursor, senderId: bo })).rejects.toMatchObject(refused);
    await expect(chat.page('hello', { cursor }, { as: bo })).rejects.toMatchObject(refused);
    await expect(chat.page('hello', { cursor }, { conversationId: withBo })).rejects.toMatchObject(refused);
  });
});

describe('what a search may ask for', () => {
  const problems = (query: Record<string, unknown>): string[] =>
    searchQuery.safeParse(query).error?.issues.map(({ path, message }) => `${path.join('/')} ${message}`) ??
    [];

  it.each<[string, Record<string, unknown>, string]>([
    ['nothing', {}, 'q must be a text of 1 to 200 characters'],
    ['an empty text', { q: '' }, 'q must have 1 to 200 characters'],
    ['201 characters', { q: '😀'.repeat(201) }, 'q must have 1 to 200 characters'],
    ['no word', { q: ' …🙂! ' }, 'q must have a letter or digit'],
    ['11 words', { q: 'a b c d e f g h i j k' }, 'q must have at most 10 different words'],
    [
      'nobody’s messages',
      { q: 'a', senderId: ' ' },
      'senderId must be a user id: 1 to 256 printable characters without blanks around them',
    ],
    ['a limit of nothing', { q: 'a', limit: '0' }, 'limit must be at least 1'],
    [
      'an endless cursor',
      { q: 'a', cursor: 'x'.repeat(5000) },
      'cursor must be a nextCursor of an earlier answer',
    ],
  ])('is not %s', (_, query, problem) => {
    expect(problems(query)).toEqual([problem]);
  });

  it('is up to 200 characters, ten words and a hundred messages', () => {
    expect(searchQuery.parse({ q: '😀'.repeat(199) + 'a', limit: '1000' })).toMatchObject({
      q: ['a'],
      limit: 100,
    });
    expect(searchQuery.parse({ q: 'a b c d e f g h i j A', limit: null })).toMatchObject({ limit: 20 });
  });
});

it('is limited for each user, but not before it is known that they may look there', async () => {
  const taken: unknown[] = [];
  const limiter: RateLimiter = {
    take: (...what) => {
      taken.push(what);
      return Promise.reject(new ChatError('rate-limited', 'slow down', { retryAfterSeconds: 1 }));
    },
  };
  const { page } = searching(new MemoryConversationLog(), new FakeTimer(), undefined, limiter);
  await expect(page('word', {}, { conversationId: withBo })).rejects.toMatchObject({ code: 'not-a-member' });
  expect(taken).toEqual([]);
  await expect(page('word')).rejects.toMatchObject({ code: 'rate-limited' });
  expect(taken).toEqual([['search', ann]]);
});
