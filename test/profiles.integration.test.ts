import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { request } from './support/chat.ts';

const password = 'open sesame';

/** An account of its own, with a token. */
const anAccount = async (fullName: string) => {
  const username = `user-${randomBytes(5).toString('hex')}`;
  const registered = await request('POST', '/users/register', { body: { username, password, fullName } });
  expect(registered.status).toBe(201);
  const { body } = await request<{ token: string }>('POST', '/users/login', { body: { username, password } });
  const call = (method: string, path: string, change?: object) =>
    request(method, path, { token: body.token, ...(change && { body: change }) });
  return { username, call };
};

it('users change their profile, and find each other by name', async () => {
  const family = `Q${randomBytes(5).toString('hex')}`;
  const [ann, bo] = await Promise.all([anAccount(`Ánn ${family}`), anAccount('Bo')]);
  const profile = { userId: ann.username, fullName: `Ánn ${family}`, avatarUrl: null };
  expect((await bo.call('GET', `/users?q=${family.toUpperCase()}`)).body).toEqual({
    items: [profile],
    nextCursor: null,
  });
  expect((await bo.call('GET', `/users?q=ann%20${family}`)).body).toMatchObject({ items: [profile] });
  expect((await bo.call('GET', `/users/${ann.username}`)).body).toEqual(profile);
  expect(await bo.call('GET', '/users/nobody-here')).toMatchObject({
    status: 404,
    body: { code: 'not-found' },
  });

  const avatarUrl = 'https://example.org/ann.png';
  const email = `${ann.username}@example.org`;
  const changed = await ann.call('PATCH', '/users/me', { fullName: 'Zed', avatarUrl, email });
  expect(changed).toMatchObject({ status: 200, body: { fullName: 'Zed', avatarUrl, email } });
  expect((await ann.call('GET', '/users/me')).body).toMatchObject({ fullName: 'Zed', avatarUrl, email });
  expect((await bo.call('GET', `/users?q=${family}`)).body).toMatchObject({ items: [] });
  expect(await bo.call('PATCH', '/users/me', { email: email.toUpperCase() })).toMatchObject({
    status: 409,
    body: { code: 'email-taken' },
  });
  expect(await bo.call('PATCH', '/users/me', { avatarUrl: 'http://example.org/a.png' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/avatarUrl' }] },
  });
  expect((await bo.call('GET', '/users')).status).toBe(400);
  expect((await request('GET', '/users?q=a')).status).toBe(401);
  expect((await request('GET', `/users/${ann.username}`)).status).toBe(401);
});
