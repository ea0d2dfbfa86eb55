import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Device, eventually, request } from './support/chat.ts';

const password = 'open sesame';

/** An account of its own. */
const anAccount = async () => {
  const username = `user-${randomBytes(5).toString('hex')}`;
  const registered = await request('POST', '/users/register', { body: { username, password } });
  expect(registered.status).toBe(201);
  const logIn = async (given = password) =>
    (await request<{ token: string }>('POST', '/users/login', { body: { username, password: given } })).body
      .token;
  return { username, logIn };
};

const urlFor = async (token: string): Promise<string> =>
  (await request<{ url: string }>('POST', '/negotiate', { token })).body.url;

/** A device that connects with a token, and why it was closed. */
const aDevice = async (token: string) => {
  const device = new Device(() => urlFor(token));
  const closed = new Promise<string | undefined>((resolve) => {
    device.client.on('disconnected', ({ message }) => resolve(message?.message));
  });
  await device.start();
  return { device, closed };
};

const statusOf = async (token: string, path = '/users/me'): Promise<number> =>
  (await request('GET', path, { token })).status;

/** The status of connecting with a URL: 101 when it is let in. */
const connecting = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode));
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('error', reject);
  });

describe('logging out', () => {
  it('ends the token on HTTP, at negotiate and at the socket, and leaves the user’s others', async () => {
    const { logIn } = await anAccount();
    const [here, there] = [await logIn(), await logIn()];
    const [mine, other] = [await aDevice(here), await aDevice(there)];
    const waiting = await urlFor(here);
    expect((await request('POST', '/users/logout', { token: here })).status).toBe(204);
    expect(await mine.closed).toBe('You have logged out.');
    expect(await statusOf(here)).toBe(401);
    expect(await request('POST', '/negotiate', { token: here })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
    expect(await connecting(waiting)).toBe(401);
    expect((await request('POST', '/users/logout', { token: here })).status).toBe(204);

    expect(await statusOf(there)).toBe(200);
    expect(await other.device.ask('typing', { conversationId: 'd-none', isTyping: true })).toMatchObject({
      error: { code: 'not-a-member' },
    });
    other.device.stop();
    mine.device.stop();
  });

  it('takes a token, and nothing that is none', async () => {
    expect((await request('POST', '/users/logout')).status).toBe(401);
    expect((await request('POST', '/users/logout', { token: 'a.b.c' })).status).toBe(401);
  });
});

describe('changing the password', () => {
  it('ends all tokens and connections from before, and goes on with a fresh token', async () => {
    const { username, logIn } = await anAccount();
    const [here, there] = [await logIn(), await logIn()];
    const devices = [await aDevice(here), await aDevice(there)];
    const waiting = await urlFor(there);
    const body = { currentPassword: password, newPassword: 'battery staple' };
    const wrong = { ...body, currentPassword: 'not this one' };
    expect(await request('POST', '/users/password', { token: here, body: wrong })).toMatchObject({
      status: 401,
      body: { code: 'invalid-credentials' },
    });
    expect(await statusOf(there)).toBe(200);
    const changed = await request<{ token: string }>('POST', '/users/password', { token: here, body });
    expect(changed).toMatchObject({ status: 200, body: { user: { userId: username } } });
    for (const { device, closed } of devices) {
      expect(await closed).toBe('The password was changed. Log in again.');
      device.stop();
    }
    for (const token of [here, there]) expect(await statusOf(token)).toBe(401);
    expect(await connecting(waiting)).toBe(401);
    expect(await statusOf(changed.body.token)).toBe(200);
    const again = await aDevice(changed.body.token);
    again.device.stop();
    expect(await statusOf(await logIn('battery staple'))).toBe(200);
    const old = await request('POST', '/users/login', { body: { username, password } });
    expect(old).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
  });

  it('refuses a new one that is too short or too long, and says so', async () => {
    const token = await (await anAccount()).logIn();
    for (const newPassword of ['short', 'x'.repeat(1025), 7, null])
      expect(
        await request('POST', '/users/password', { token, body: { currentPassword: password, newPassword } }),
      ).toMatchObject({ status: 400, body: { errors: [{ pointer: '/newPassword' }] } });
    const long = 'x'.repeat(1024);
    const { status } = await request('POST', '/users/password', {
      token,
      body: { currentPassword: password, newPassword: long },
    });
    expect(status).toBe(200);
  });
});

it('who was erased is refused at once', async () => {
  const token = await (await anAccount()).logIn();
  expect(await statusOf(token)).toBe(200);
  expect((await request('DELETE', '/users/me', { token })).status).toBe(202);
  expect(await eventually(async () => ((await statusOf(token)) === 401 ? 401 : undefined), 5)).toBe(401);
});
