import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { directConversationId } from '../shared/domain/identifiers.ts';
import { eventually, request, signingKey, tokenFor, User, type InboxAnswer } from './support/chat.ts';

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

const json = 'application/json';
const draft = (change: object): object => ({ receiverId: bo.id, messageText: 'hi', ...change });

describe('a bad request', () => {
  it.each<[string, () => unknown, string, number, string, string?]>([
    ['empty', () => '', json, 400, 'malformed-request'],
    ['not JSON', () => '{"receiverId":', json, 400, 'malformed-request'],
    ['a list', () => [], json, 400, 'malformed-request', ''],
    ['text', () => 'hello', 'text/plain', 415, 'unsupported-media-type'],
    ['of no content type', () => draft({}), '', 415, 'unsupported-media-type'],
    ['a form', () => 'receiverId=bo', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['too large', () => draft({ messageText: 'x'.repeat(300_000) }), json, 413, 'request-too-large'],
    [
      'without receiver',
      () => draft({ receiverId: undefined }),
      json,
      400,
      'malformed-request',
      '/receiverId',
    ],
    [
      'of wrong types',
      () => draft({ messageText: { a: 1 } }),
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'of 10,001 code points',
      () => draft({ messageText: '😀'.repeat(10_001) }),
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'with a lone surrogate',
      () => '{"receiverId":"bo","messageText":"a\\ud800"}',
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'with a control character in an id',
      () => draft({ receiverId: 'b\u0000o' }),
      json,
      400,
      'malformed-request',
      '/receiverId',
    ],
    [
      'with a timestamp that is none',
      () => draft({ timestamp: 'soon' }),
      json,
      400,
      'malformed-request',
      '/timestamp',
    ],
    ['in another’s name', () => draft({ senderId: bo.id }), json, 403, 'sender-mismatch'],
  ])(
    'that is %s is refused with a stable code, naming the field',
    async (_, body, contentType, status, code, pointer) => {
      const answer = await request<{ code: string; traceId: string; errors?: { pointer: string }[] }>(
        'POST',
        '/sendMessage',
        { body: body(), token: ann.token, headers: { 'content-type': contentType } },
      );
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({
        code,
        status,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      });
      if (pointer !== undefined) expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
    },
  );

  it('enqueues nothing', async () => {
    const cy = await User.create('cy');
    await request('POST', '/sendMessage', { body: { receiverId: cy.id, messageText: '' }, token: ann.token });
    await ann.send(cy, 'only this');
    const { items } = await ann.historyWith(directConversationId(ann.id, cy.id), 1);
    expect(items.map(({ messageText }) => messageText)).toEqual(['only this']);
  });

  it.each([
    ['limit', '/inbox?limit=0'],
    ['limit', '/inbox?limit=ten'],
    ['cursor', `/inbox?cursor=${'x'.repeat(600)}`],
  ])('with a wrong %s is refused: %s', async (parameter, path) => {
    const { status, body } = await ann.get<{ errors: { pointer: string }[] }>(path);
    expect(status).toBe(400);
    expect(body.errors[0]?.pointer).toBe(`/${parameter}`);
  });
});

describe('a token', () => {
  const sendWith = (token: string) => request('POST', '/sendMessage', { body: draft({}), token });

  const signed = (claims: Record<string, unknown>, key = signingKey(), alg = 'HS256'): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(key);

  const inAnHour = Math.floor(Date.now() / 1000) + 3600;

  it.each<[string, () => Promise<string> | string]>([
    ['that has expired', () => signed({ sub: ann.id, exp: inAnHour - 7200 })],
    ['that begins later', () => signed({ sub: ann.id, exp: inAnHour, nbf: inAnHour - 60 })],
    ['that never ends', () => signed({ sub: ann.id })],
    ['that is not signed', () => new UnsecuredJWT({ sub: ann.id, exp: inAnHour }).encode()],
    [
      'of alg none with a signature',
      async () =>
        (await tokenFor(ann.id)).replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')),
    ],
    ['of another key', () => signed({ sub: ann.id, exp: inAnHour }, Buffer.alloc(32, 'k'))],
    [
      'of another algorithm',
      () => signed({ sub: ann.id, exp: inAnHour }, Buffer.concat([signingKey(), signingKey()]), 'HS512'),
    ],
    ['without a user', () => signed({ exp: inAnHour })],
    ['of a user with control characters', () => signed({ sub: 'a\u0000b', exp: inAnHour })],
    ['of several users', () => signed({ sub: [ann.id, bo.id], exp: inAnHour })],
    ['that is none', () => 'nonsense'],
    ['of Web PubSub', async () => new URL(await ann.negotiate()).searchParams.get('access_token') ?? ''],
  ])('%s is refused', async (_, make) => {
    const { status, headers, body } = await sendWith(await make());
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(body).toMatchObject({ code: 'unauthenticated' });
  });

  it('is needed, and taken from the header only', async () => {
    expect((await request('GET', '/inbox')).status).toBe(401);
    expect((await request('GET', `/inbox?access_token=${ann.token}`)).status).toBe(401);
    expect(
      (await request('GET', '/inbox', { headers: { authorization: `Basic ${ann.token}` } })).status,
    ).toBe(401);
  });

  it('of the app opens no socket', async () => {
    const url = new URL(await ann.negotiate());
    url.protocol = 'http:';
    url.searchParams.set('access_token', ann.token);
    const { status } = await fetch(url, {
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'eA==',
      },
    }).catch(() => ({ status: 0 }));
    expect(status).not.toBe(101);
  });
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

describe('the logs', () => {
  it('join a request, its queue message and its push by one trace id, and tell no text and no token', async () => {
    const traceId = 'feedfacefeedfacefeedfacefeedface';
    const secret = 'the text of the canary';
    const device = await bo.goOnline();
    const sent = await request<{ conversationId: string }>('POST', '/sendMessage', {
      body: draft({ messageText: secret }),
      token: ann.token,
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    await bo.historyWith(sent.body.conversationId, 1);
    await device.event('message.created', ({ message }) => message.messageText === secret);
    device.stop();
    const { logs } = inject('stack');
    const text = await eventually(async () => {
      const files = await Promise.all(
        (await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')),
      );
      const all = files.join('\n');
      return /"message.delivered".*feedface/.test(all) ? all : undefined;
    });
    const events = text.split('\n').filter((line) => line.includes(traceId));
    for (const event of ['message.accepted', 'message.delivered'])
      expect(events.some((line) => line.includes(`"${event}"`))).toBe(true);
    for (const leak of [secret, ann.token, bo.token, inject('stack').settings.AUTH_SIGNING_KEY ?? 'none'])
      expect(text).not.toContain(leak);
  });
});
