import { decodeJwt, decodeProtectedHeader, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  type SharedKeySettings,
  SharedKeyTokens,
} from '../../../../shared/adapters/jose/shared-key-tokens.ts';
import { aClock, nowSeconds, tokensSuite, unauthenticated } from './tokens-suite.ts';

const signingKey = 'k3y-of-these-tests-2b7e151628aed2a6abf7158809cf4f3c';
const otherKey = 'k3y-of-an-0ther-app-2b7e151628aed2a6abf7158809cf4f3c';
const secret = new TextEncoder().encode(signingKey);
const claims = { sub: 'ann', exp: nowSeconds + 600 };

const tokensWith = (settings: Partial<SharedKeySettings> = {}) =>
  new SharedKeyTokens({ signingKey, tokenMinutes: 60, ...settings }, aClock());

const sign = (over: Record<string, unknown> = {}, alg = 'HS256', key = secret) =>
  new SignJWT({ ...claims, ...over }).setProtectedHeader({ alg }).sign(key);

describe('a token signed with the shared key', () => {
  tokensSuite(() => {
    const clock = aClock();
    const authenticator = new SharedKeyTokens({ signingKey, tokenMinutes: 60 }, clock);
    return Promise.resolve({ authenticator, clock, claims, sign });
  });

  test('must be signed with this key and with HS256', async () => {
    const tokens = tokensWith();
    await unauthenticated(tokens.authenticate(await sign({}, 'HS256', new TextEncoder().encode(otherKey))));
    await unauthenticated(tokens.authenticate(await sign({}, 'HS512')));
    const { privateKey } = await generateKeyPair('RS256');
    const rsa = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    await unauthenticated(tokens.authenticate(rsa));
  });

  test('may be of any issuer and audience unless settings name one', async () => {
    const free = tokensWith();
    expect(await free.authenticate(await sign({ iss: 'anyone', aud: 'anything' }))).toMatchObject({
      userId: 'ann',
    });
    const strict = tokensWith({ issuer: 'parley', audience: 'chat' });
    expect(await strict.authenticate(await sign({ iss: 'parley', aud: ['x', 'chat'] }))).toMatchObject({
      userId: 'ann',
    });
    for (const wrong of [
      {},
      { iss: 'parley' },
      { aud: 'chat' },
      { iss: 'other', aud: 'chat' },
      { iss: 'parley', aud: 'x' },
    ])
      await unauthenticated(strict.authenticate(await sign(wrong)));
  });
});

describe('an issued token', () => {
  test('speaks for its user until its time is over', async () => {
    const tokens = tokensWith({ tokenMinutes: 60 });
    const { token, expiresAt } = await tokens.issue('Ann.B');
    expect(expiresAt).toEqual(new Date((nowSeconds + 3600) * 1000));
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(decodeJwt(token)).toMatchObject({ sub: 'Ann.B', iat: nowSeconds, exp: nowSeconds + 3600 });
    expect(await tokens.authenticate(token)).toMatchObject({ userId: 'Ann.B', roles: [] });
  });

  test('names the password that it was issued for, and is named by its jti', async () => {
    const tokens = tokensWith();
    const [{ token }, { token: other }] = [await tokens.issue('ann', 3), await tokens.issue('ann', 3)];
    const caller = await tokens.authenticate(token);
    expect(caller.token).toMatchObject({ generation: 3, issuedAt: nowSeconds });
    expect(caller.token.id).not.toBe((await tokens.authenticate(other)).token.id);
  });

  test('is different each time', async () => {
    const tokens = tokensWith();
    expect((await tokens.issue('ann')).token).not.toBe((await tokens.issue('ann')).token);
  });

  test('carries issuer and audience where settings name them', async () => {
    const tokens = tokensWith({ issuer: 'parley', audience: 'chat' });
    const { token } = await tokens.issue('ann');
    expect(decodeJwt(token)).toMatchObject({ iss: 'parley', aud: 'chat' });
    expect(await tokens.authenticate(token)).toMatchObject({ userId: 'ann' });
    await unauthenticated(tokensWith({ signingKey: otherKey }).authenticate(token));
  });
});

test('a public key that is known to all does not sign as if it were the secret', async () => {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  const confused = await sign({}, 'HS256', new TextEncoder().encode(await exportSPKI(publicKey)));
  await unauthenticated(tokensWith().authenticate(confused));
});

test('of very many tokens each still counts', async () => {
  const tokens = tokensWith();
  const first = await sign({ sub: 'first' });
  await tokens.authenticate(first);
  for (let i = 0; i < 10_050; i++)
    expect((await tokens.authenticate(await sign({ sub: `user${i}` }))).userId).toBe(`user${i}`);
  expect((await tokens.authenticate(first)).userId).toBe('first');
}, 60_000);
