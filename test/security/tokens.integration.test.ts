import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { request, signingKey, tokenFor, User } from '../support/chat.ts';

/** Tokens at the running app. What its parts make of each kind of bad token is in `tokens.test.ts`. */

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

describe('a token', () => {
  const sendWith = (token: string) =>
    request('POST', '/sendMessage', { body: { receiverId: bo.id, messageText: 'hi' }, token });

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

  it('that was taken back is refused at once, wherever it is sent, and no other with it', async () => {
    const username = `user-${randomBytes(5).toString('hex')}`;
    const body = { username, password: 'open sesame' };
    expect((await request('POST', '/users/register', { body })).status).toBe(201);
    const logIn = async () => (await request<{ token: string }>('POST', '/users/login', { body })).body.token;
    const [token, other] = [await logIn(), await logIn()];
    expect((await request('POST', '/users/logout', { token })).status).toBe(204);
    expect((await sendWith(token)).status).toBe(401);
    for (const path of ['/inbox', '/conversations', '/users/me'])
      expect((await request('GET', path, { token })).status).toBe(401);
    expect((await request('POST', '/negotiate', { token })).status).toBe(401);
    expect((await request('GET', '/inbox', { token: other })).status).toBe(200);
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

describe('a token in a query', () => {
  it('gets nowhere, by whatever name, and is in no log', async () => {
    const token = await tokenFor(ann.id);
    for (const name of ['access_token', 'token', 'authorization', 'bearer', 'jwt', 'code']) {
      const { status, body } = await request('GET', `/inbox?${name}=${token}`);
      expect([name, status, body.code]).toEqual([name, 401, 'unauthenticated']);
    }
    expect((await request('GET', '/inbox', { headers: { cookie: `token=${token}` } })).status).toBe(401);
    await request('GET', '/inbox', { token }); // answered after the others: what was to be logged of them is written
    const { logs } = inject('stack');
    const texts = await Promise.all((await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')));
    for (const text of texts) expect(text).not.toContain(token);
  });
});
