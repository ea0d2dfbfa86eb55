import { randomUUID } from 'node:crypto';
import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import { describe, expect, test } from 'vitest';
import { findUsers, getUser } from '../../functions/users/find-users.ts';
import { getOwnAccount } from '../../functions/users/get-own-account.ts';
import { logIn } from '../../functions/users/log-in.ts';
import { registerUser } from '../../functions/users/register-user.ts';
import { updateOwnAccount } from '../../functions/users/update-own-account.ts';
import { ScryptPasswordHasher } from '../../shared/adapters/crypto/scrypt-password-hasher.ts';
import { SharedKeyTokens } from '../../shared/adapters/jose/shared-key-tokens.ts';
import { MemoryAudit } from '../../shared/adapters/memory/memory-audit.ts';
import { MemoryFailedTries } from '../../shared/adapters/memory/memory-failed-tries.ts';
import { MemoryAccounts } from '../../shared/adapters/memory/memory-accounts.ts';
import { MemoryUserNames } from '../../shared/adapters/memory/memory-user-names.ts';
import { TokenBucketRateLimiter } from '../../shared/adapters/memory/token-bucket-rate-limiter.ts';
import { accountView, loginAnswer } from '../../shared/contract/accounts.ts';
import { findUsers as findUsersCase, getUser as getUserCase } from '../../shared/use-cases/find-users.ts';
import { getOwnAccount as getOwnAccountCase } from '../../shared/use-cases/get-own-account.ts';
import { logIn as logInCase } from '../../shared/use-cases/log-in.ts';
import { registerUser as registerUserCase } from '../../shared/use-cases/register-user.ts';
import { updateAccount as updateAccountCase } from '../../shared/use-cases/update-account.ts';
import { fakeModerator } from '../support/fakes.ts';

const clock = { now: () => new Date('2026-01-02T03:04:05.678Z') };
const rate = { perSecond: 1 / 3, burst: 3 };
const password = 'correct horse';

/** The real parts of identity, with cheap hashes and few attempts. */
const aDeployment = ({ withAccounts = true } = {}) => {
  const accounts = new MemoryAccounts();
  const tokens = new SharedKeyTokens(
    { signingKey: 'k3y-of-these-tests-2b7e151628aed2a6abf7158809cf4f3c', tokenMinutes: 60 },
    clock,
  );
  const hasher = new ScryptPasswordHasher({ logN: 4, blockSize: 8, parallelism: 1 });
  const rateLimiter = new TokenBucketRateLimiter(clock, {
    ...{
      send: rate,
      create: rate,
      typing: rate,
      connect: rate,
      login: { ...rate, burst: 5 },
      'login-account': rate,
      register: rate,
      'find-users': rate,
      export: rate,
      search: rate,
      negotiate: rate,
    },
  });
  const parts = {
    ...{ accounts, names: new MemoryUserNames(), hasher, rateLimiter, clock, issuer: tokens },
    moderator: fakeModerator,
    ...{ audit: new MemoryAudit(), failedTries: new MemoryFailedTries(), freeTries: 5, newId: randomUUID },
  };
  const services = {
    authenticator: tokens,
    http: { maxBodyBytes: 10_000, trustedProxies: 1 },
    registerUser: withAccounts ? registerUserCase(parts) : undefined,
    logIn: withAccounts ? logInCase(parts) : undefined,
    getOwnAccount: getOwnAccountCase({ accounts: withAccounts ? accounts : undefined }),
    updateAccount: withAccounts ? updateAccountCase(parts) : undefined,
    findUsers: withAccounts ? findUsersCase(parts) : undefined,
    getUser: withAccounts ? getUserCase(parts) : undefined,
  };
  const register = (body: unknown, address?: string) =>
    call(registerUser(services).handler, body, { address });
  return {
    ...{ tokens, register },
    logIn: (body: unknown, address?: string) => call(logIn(services).handler, body, { address }),
    profiles: (token: string) =>
      Promise.all([
        call(updateOwnAccount(services).handler, {}, { token }),
        call(findUsers(services).handler, undefined, { token }),
        call(getUser(services).handler, undefined, { token }),
      ]),
    ownAccount: (token?: string) => call(getOwnAccount(services).handler, undefined, { token }),
  };
};

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

const call = async (
  handler: HttpHandler,
  body: unknown,
  { address = '192.0.2.1:1', token }: { address?: string | undefined; token?: string | undefined } = {},
): Promise<Answer> => {
  const request = new HttpRequest({
    method: body === undefined ? 'GET' : 'POST',
    url: 'http://127.0.0.1/api/users',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': address,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: { string: JSON.stringify(body) } }),
  });
  const response = (await handler(
    request,
    new InvocationContext({ logHandler: () => undefined }),
  )) as HttpResponseInit;
  const answered: unknown = response.jsonBody ?? JSON.parse(response.body as string);
  return {
    status: response.status ?? 200,
    headers: new Headers(response.headers),
    body: answered as Record<string, unknown>,
  };
};

describe('registering', () => {
  test('answers 201 with the account', async () => {
    const { register } = aDeployment();
    const { status, body, headers } = await register({
      username: 'Ann',
      password,
      email: 'a@b.co',
      fullName: null,
    });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(accountView.parse(body)).toEqual({
      userId: 'Ann',
      username: 'Ann',
      email: 'a@b.co',
      fullName: null,
      avatarUrl: null,
      createdAt: '2026-01-02T03:04:05.678Z',
    });
    expect(Object.keys(body)).not.toContain('passwordHash');
  });

  test('answers what is wrong, where', async () => {
    const { register } = aDeployment();
    const { status, body } = await register({ username: '.', password: 'short', email: 'nobody' });
    expect(status).toBe(400);
    expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/username',
      '/password',
      '/email',
    ]);
  });

  test('answers 409 for a taken name and a taken address', async () => {
    const { register } = aDeployment();
    await register({ username: 'ann', password, email: 'a@b.co' });
    expect((await register({ username: 'ANN', password })).body).toMatchObject({
      status: 409,
      code: 'username-taken',
    });
    expect((await register({ username: 'bo1', password, email: 'A@B.co' })).body).toMatchObject({
      status: 409,
      code: 'email-taken',
    });
  });

  test('is limited for each address, whatever the caller says it is', async () => {
    const { register } = aDeployment();
    for (let i = 0; i < 3; i++)
      expect((await register({ username: `user${i}`, password }, `10.0.0.${i}, 192.0.2.1:${i}`)).status).toBe(
        201,
      );
    const { status, headers, body } = await register(
      { username: 'user3', password },
      '10.0.0.3, 192.0.2.1:3',
    );
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'rate-limited', '3']);
    expect((await register({ username: 'user3', password }, '192.0.2.2:3')).status).toBe(201);
  });
});

describe('logging in', () => {
  test('answers a token that is good for requests', async () => {
    const { register, logIn: logInWith, ownAccount } = aDeployment();
    const { body: account } = await register({ username: 'Ann', password });
    const { status, body, headers } = await logInWith({ username: 'ann', password });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { token, expiresAt, user } = loginAnswer.parse(body);
    expect(expiresAt).toBe('2026-01-02T04:04:05.000Z');
    expect(user).toEqual(account);
    expect((await ownAccount(token)).body).toEqual(account);
  });

  test('answers the same for an unknown name and a wrong password', async () => {
    const { register, logIn: logInWith } = aDeployment();
    await register({ username: 'ann', password });
    const answers = [
      await logInWith({ username: 'ann', password: 'wrong' }),
      await logInWith({ username: 'nobody', password: 'wrong' }),
      await logInWith({ username: 'auth0|7 \u0000', password: '' }),
    ];
    const [first] = answers;
    for (const { status, headers, body } of answers) {
      expect([status, body.code]).toEqual([401, 'invalid-credentials']);
      expect(body).toEqual(first?.body);
      expect([...headers]).toEqual([...(first?.headers ?? [])]);
    }
  });

  test('is limited for each address and for each account', async () => {
    const { register, logIn: logInWith } = aDeployment();
    await register({ username: 'ann', password });
    for (let i = 0; i < 3; i++) await logInWith({ username: 'Ann', password: `guess ${i}` }, `192.0.2.${i}`);
    const other = await logInWith({ username: 'aNN', password }, '192.0.2.9');
    expect([other.status, other.body.code]).toEqual([429, 'rate-limited']);

    for (let i = 0; i < 5; i++) await logInWith({ username: `user${i}`, password }, '198.51.100.1');
    expect((await logInWith({ username: 'user9', password }, '198.51.100.1')).status).toBe(429);
    expect((await logInWith({ username: 'user9', password }, '198.51.100.2')).status).toBe(401);
  });
});

describe('one’s own account', () => {
  test('needs a token', async () => {
    const { ownAccount } = aDeployment();
    for (const token of [undefined, 'x', 'a.b.c']) expect((await ownAccount(token)).status).toBe(401);
  });

  test('is the id alone for a user who has none here', async () => {
    const { ownAccount, tokens } = aDeployment();
    const { token } = await tokens.issue('auth0|7');
    const { status, body } = await ownAccount(token);
    expect(status).toBe(200);
    expect(accountView.parse(body)).toMatchObject({ userId: 'auth0|7', username: null, createdAt: null });
  });
});

test('without built-in accounts nobody registers or logs in here, whatever they send', async () => {
  const { register, logIn: logInWith, ownAccount, profiles, tokens } = aDeployment({ withAccounts: false });
  for (const body of [{ username: 'ann', password }, {}, null]) {
    expect((await register(body)).body).toMatchObject({ status: 404, code: 'accounts-disabled' });
    expect((await logInWith(body)).body).toMatchObject({ status: 404, code: 'accounts-disabled' });
  }
  const { token } = await tokens.issue('ann');
  expect((await ownAccount(token)).body).toMatchObject({ userId: 'ann' });
  for (const { body } of await profiles(token))
    expect(body).toMatchObject({ status: 404, code: 'accounts-disabled' });
});
