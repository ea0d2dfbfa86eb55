import { beforeAll, describe, expect, it } from 'vitest';
import { directConversationId } from '../../shared/domain/identifiers.ts';
import { request, tokenFor, User, type HistoryAnswer, type InboxAnswer } from '../support/chat.ts';

/**
 * Ids and cursors that are meant to break out of a key or a query, at the running app. That no two ids share a key,
 * whatever they are, is shown by `test/shared/adapters/tables/keys.test.ts`; that filters are built with `odata` only, by
 * a rule of ESLint.
 */

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

describe('a user id with odd characters', () => {
  it.each([
    "o'brien",
    'a/b\\c',
    'a#b?c',
    'a%2Fb',
    "x' or PartitionKey ne '",
    'auth0|5f',
    'ä',
    'a\u0308',
    'ANN',
    'ann',
    '🙂',
    '__proto__',
  ])('%j sends, receives and reads its own messages only', async (name) => {
    const odd = { id: `${name} ${ann.id}`, token: await tokenFor(`${name} ${ann.id}`) };
    const sent = await request('POST', '/sendMessage', {
      body: { receiverId: odd.id, messageText: name },
      token: bo.token,
    });
    expect(sent.status).toBe(202);
    const reply = await request('POST', '/sendMessage', {
      body: { receiverId: bo.id, messageText: 're' },
      token: odd.token,
    });
    expect(reply.status).toBe(202);
    await bo.historyWith(directConversationId(odd.id, bo.id), 2);
    const inbox = await request<InboxAnswer>('GET', '/inbox', { token: odd.token });
    expect(inbox.body.items.map(({ message }) => message.messageText)).toEqual([name]);
  });
});

describe('ids that are almost the same', () => {
  it.each<[string, string, string]>([
    ['case', 'Ann', 'ann'],
    ['Unicode normalisation', 'zo\u00eb', 'zoe\u0308'],
    ['a quote', "o'brien", "o''brien"],
    ['an escape', 'a/b', 'a%2Fb'],
    ['our own escape', 'a|b', 'a=7Cb'],
    ['a look-alike of another alphabet', 'paypal', 'p\u0430yp\u0430l'],
    ['an invisible character', 'ann', 'a\u200bnn'],
    ['a direction mark', 'ann', 'ann\u202e'],
    ['length', 'x'.repeat(220), 'x'.repeat(221)],
  ])('by %s are two users with inboxes of their own', async (_, left, right) => {
    const { id: own } = await User.create();
    const people = await Promise.all(
      [left, right].map(async (name) => {
        const id = `${name} ${own}`;
        return { id, token: await tokenFor(id) };
      }),
    );
    const inboxOf = async (token: string): Promise<unknown[]> => {
      const { body } = await request<InboxAnswer>('GET', '/inbox', { token });
      return body.items.map(({ message }) => message.messageText);
    };
    for (const { id } of people) {
      const sent = await request('POST', '/sendMessage', {
        body: { receiverId: id, messageText: `for ${JSON.stringify(id)}` },
        token: bo.token,
      });
      expect(sent.status).toBe(202);
      await bo.historyWith(directConversationId(id, bo.id), 1);
    }
    for (const { id, token } of people) expect(await inboxOf(token)).toEqual([`for ${JSON.stringify(id)}`]);
  });
});

describe('an id that names nobody', () => {
  it.each([
    '',
    ' ',
    ' ann',
    'ann ',
    '.',
    '..',
    'a\u0000b',
    'a\u001fb',
    'a\u007fb',
    'a\u009fb',
    'a\u2028b',
    '\ud800',
  ])('%j is refused as receiver and as subject', async (id) => {
    const body = { receiverId: id, messageText: 'hi' };
    expect(await request('POST', '/sendMessage', { body, token: ann.token })).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    });
    expect((await request('GET', '/inbox', { token: await tokenFor(id) })).status).toBe(401);
  });

  it('of more than 256 characters is refused, and of 256 taken, whatever its bytes', async () => {
    const status = async (receiverId: string): Promise<number> =>
      (await request('POST', '/sendMessage', { body: { receiverId, messageText: 'x' }, token: ann.token }))
        .status;
    expect(await status('漢'.repeat(256))).toBe(202);
    expect(await status('漢'.repeat(257))).toBe(400);
  });
});

describe('a query within an id', () => {
  it.each([
    "x' or PartitionKey ne '",
    "' or 1 eq 1 or '' eq '",
    "x') or (RowKey ge '",
    "'; drop table Conversations; --",
    '{"$ne":null}',
  ])('%j finds nothing of anybody', async (id) => {
    const { conversationId } = await ann.send(bo, 'secret');
    await bo.historyWith(conversationId, 1);
    const eve = await User.create(`eve ${id}`);
    const encoded = encodeURIComponent(id);
    expect((await eve.get(`/conversations/${encoded}/messages`)).status).toBe(403);
    expect((await eve.get<InboxAnswer>(`/inbox?cursor=${encoded}`)).body.items).toEqual([]);
    expect((await eve.get<{ items: unknown[] }>('/conversations')).body.items).toEqual([]);
    expect((await eve.get<{ items: unknown[] }>(`/conversations?q=${encoded}`)).body.items).toEqual([]);
    const found = await eve.get<{ items: unknown[] }>(`/search/messages?q=secret&senderId=${encoded}`);
    expect(found.body.items).toEqual([]);
    const searched = await eve.get(`/search/messages?q=secret&conversationId=${encoded}`);
    expect([searched.status, searched.body.code]).toEqual([403, 'not-a-member']);
  });
});

describe('a cursor', () => {
  /** Pages of one, so that there is a next one. */
  const cursorOf = async (user: User, path: string): Promise<string> => {
    const { body } = await user.get<{ nextCursor: string | null }>(path);
    expect(body.nextCursor, path).toEqual(expect.any(String));
    return encodeURIComponent(body.nextCursor ?? '');
  };

  /** Somebody with two conversations of two messages in each, all unread. */
  const aReader = async (): Promise<{ reader: User; conversationId: string }> => {
    const [reader, one, other] = await Promise.all([User.create('r'), User.create('w'), User.create('v')]);
    for (const writer of [one, other])
      for (const text of ['plan one', 'plan two']) await writer.send(reader, text);
    await reader.inboxWith(4);
    return { reader, conversationId: directConversationId(reader.id, one.id) };
  };

  it('of somebody else shows nothing that is not one’s own', async () => {
    const [{ reader, conversationId }, { reader: eve }] = await Promise.all([aReader(), aReader()]);
    for (const path of ['/inbox?limit=1', '/conversations?limit=1', '/search/messages?limit=1&q=plan']) {
      const foreign = await cursorOf(reader, path);
      const { status, body } = await eve.get<{
        items?: { id?: string; message?: { conversationId: string } }[];
      }>(`${path}&cursor=${foreign}`);
      expect([200, 400]).toContain(status);
      expect(JSON.stringify(body.items ?? [])).not.toContain(reader.id);
      expect(JSON.stringify(body.items ?? [])).not.toContain(conversationId);
    }
    const history = await cursorOf(reader, `/conversations/${conversationId}/messages?limit=1`);
    const taken = await eve.get(`/conversations/${conversationId}/messages?cursor=${history}`);
    expect([taken.status, taken.body.code]).toEqual([403, 'not-a-member']);
  });

  it('of a search is good for this user and these words only, and not when changed', async () => {
    const [{ reader, conversationId }, { reader: eve }] = await Promise.all([aReader(), aReader()]);
    const cursor = await cursorOf(reader, '/search/messages?q=plan&limit=1');
    const status = async (user: User, query: string): Promise<number> =>
      (await user.get(`/search/messages?${query}`)).status;
    expect(await status(reader, `q=plan&limit=1&cursor=${cursor}`)).toBe(200);
    expect(await status(eve, `q=plan&limit=1&cursor=${cursor}`)).toBe(400);
    expect(await status(reader, `q=two&limit=1&cursor=${cursor}`)).toBe(400);
    expect(await status(reader, `q=plan&conversationId=${conversationId}&cursor=${cursor}`)).toBe(400);
    for (let at = 0; at < cursor.length; at += 7) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
      expect(await status(reader, `q=plan&limit=1&cursor=${changed}`)).toBe(400);
    }
  });

  it('that never came from here is malformed, or a place behind which there is nothing', async () => {
    const { reader, conversationId } = await aReader();
    const own = `/conversations/${conversationId}/messages`;
    for (const cursor of ['a0x', 'c5', '-1', 'b1e3', '__proto__', 'a9007199254740993', "b'", '\u0000']) {
      const { status, body } = await reader.get<HistoryAnswer & { code?: string }>(
        `${own}?cursor=${encodeURIComponent(cursor)}`,
      );
      if (status === 200) expect([cursor, body.items]).toEqual([cursor, []]);
      else expect([cursor, status, body.code]).toEqual([cursor, 400, 'malformed-request']);
    }
  });
});
