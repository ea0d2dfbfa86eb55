import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import type { Authenticator } from '../../../../shared/ports/authenticator.ts';

export const now = new Date('2026-01-02T03:04:05.000Z');
export const nowSeconds = now.getTime() / 1000;

/** A clock to be set. */
export const aClock = () => {
  const clock = {
    time: now,
    now: () => clock.time,
    pass: (seconds: number) => {
      clock.time = new Date(clock.time.getTime() + seconds * 1000);
    },
  };
  return clock;
};

export interface TokenMaker {
  authenticator: Authenticator;
  clock: ReturnType<typeof aClock>;
  /** A token signed as it should be, with these claims over valid ones; undefined leaves a claim out. */
  sign: (claims?: Record<string, unknown>) => Promise<string>;
  /** Claims of a valid token. */
  claims: JWTPayload;
}

export const unauthenticated = (authenticating: Promise<unknown>) =>
  expect(authenticating).rejects.toMatchObject({ code: 'unauthenticated' });

/** Replaces the header or payload of a token and keeps its signature. */
const tamper = (token: string, part: 0 | 1, change: Record<string, unknown>): string => {
  const parts = token.split('.');
  const value = JSON.parse(Buffer.from(parts[part] ?? '', 'base64url').toString()) as object;
  parts[part] = Buffer.from(JSON.stringify({ ...value, ...change })).toString('base64url');
  return parts.join('.');
};

/** What every authenticator demands of a token, however it is signed. */
export const tokensSuite = (create: () => Promise<TokenMaker>): void => {
  test('a valid token speaks for its subject, with its roles', async () => {
    const { authenticator, sign } = await create();
    expect(await authenticator.authenticate(await sign({ sub: 'auth0|ann' }))).toMatchObject({
      userId: 'auth0|ann',
      roles: [],
    });
    const cases: [unknown, string[]][] = [
      [
        ['admin', 'support'],
        ['admin', 'support'],
      ],
      ['admin', ['admin']],
      [['admin', 7, null], ['admin']],
      [{ admin: true }, []],
    ];
    for (const [roles, expected] of cases)
      expect(await authenticator.authenticate(await sign({ roles }))).toMatchObject({ roles: expected });
  });

  test.each([
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject with control characters', { sub: 'ann\n' }],
    ['a list as subject', { sub: ['ann'] }],
    ['a number as subject', { sub: 7 }],
    ['null as subject', { sub: null }],
    ['a subject that is too long', { sub: 'x'.repeat(257) }],
    ['no expiry', { exp: undefined }],
    ['an expiry in the past', { exp: nowSeconds - 61 }],
    ['an expiry that is a text', { exp: '2999-01-01' }],
    ['a start in the future', { nbf: nowSeconds + 61 }],
    ['a start that is a text', { nbf: 'now' }],
  ])('a token with %s is refused', async (_, claims) => {
    const { authenticator, sign } = await create();
    await unauthenticated(authenticator.authenticate(await sign(claims)));
  });

  test('clocks may differ by half a minute, never by more than a minute', async () => {
    const { authenticator, sign } = await create();
    for (const claims of [{ exp: nowSeconds - 20 }, { nbf: nowSeconds + 20 }])
      expect(await authenticator.authenticate(await sign(claims))).toMatchObject({ userId: 'ann' });
  });

  test('a token is good until it expires, also when it is remembered', async () => {
    const { authenticator, sign, clock } = await create();
    const token = await sign({ exp: nowSeconds + 60 });
    for (let i = 0; i < 3; i++) await authenticator.authenticate(token);
    clock.pass(121);
    const expired = authenticator.authenticate(token);
    await expect(expired).rejects.toMatchObject({ code: 'unauthenticated', message: /expired/ });
  });

  test('a caller that is remembered cannot be given roles by mistake', async () => {
    const { authenticator, sign } = await create();
    const caller = await authenticator.authenticate(await sign());
    expect(() => caller.roles.push('admin')).toThrow(TypeError);
  });

  test('a token has one id, however its signature is written, and shares it with no other', async () => {
    const { authenticator, sign } = await create();
    const idOf = async (token: string) => (await authenticator.authenticate(token)).token.id;
    const token = await sign({ jti: undefined });
    const id = await idOf(token);
    // The last character of a signature holds bits that nobody reads.
    const written = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', (last) =>
      idOf(token.slice(0, -1) + last).catch(() => undefined),
    );
    expect(new Set(await Promise.all(written)).difference(new Set([undefined]))).toEqual(new Set([id]));
    const others = [{ jti: undefined, roles: 'other' }, { jti: 'one' }, { jti: 'two' }, { jti: 7 }];
    const ids = await Promise.all(others.map(async (claims) => idOf(await sign(claims))));
    expect(new Set([id, ...ids]).size).toBe(5);
    expect(await idOf(await sign({ jti: 'one', roles: 'other' }))).toBe(ids[1]);
  });

  test('an unsigned token is refused', async () => {
    const { authenticator, claims, sign } = await create();
    await unauthenticated(authenticator.authenticate(new UnsecuredJWT(claims).encode()));
    const signed = await sign();
    for (const alg of ['none', 'None', 'NONE', ''])
      await unauthenticated(authenticator.authenticate(tamper(signed, 0, { alg })));
    await unauthenticated(authenticator.authenticate(signed.slice(0, signed.lastIndexOf('.') + 1)));
  });

  test('a changed token is refused', async () => {
    const { authenticator, sign } = await create();
    const signed = await sign();
    await authenticator.authenticate(signed);
    await unauthenticated(authenticator.authenticate(tamper(signed, 1, { sub: 'bo' })));
    await unauthenticated(authenticator.authenticate(tamper(signed, 0, { kid: 'another' })));
    await unauthenticated(authenticator.authenticate(tamper(signed, 0, { crit: ['b64'], b64: false })));
  });

  test('a token signed with a secret of somebody’s own is refused', async () => {
    const { authenticator, claims } = await create();
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const token = new SignJWT(claims).setProtectedHeader({ alg });
      await unauthenticated(authenticator.authenticate(await token.sign(new Uint8Array(64).fill(7))));
    }
  });

  test('anything that is no token is refused', async () => {
    const { authenticator, sign } = await create();
    const token = await sign();
    const garbage = [
      '',
      '.',
      '..',
      '....',
      'x',
      `${token}.`,
      `.${token}`,
      `${token}x`,
      token.replace('.', ''),
    ];
    const parts = ['bnVsbA', 'W10', 'e30', '"', '\0', 'eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOlsiSFMyNTYiXX0'];
    for (const header of parts) for (const payload of parts) garbage.push(`${header}.${payload}.AAAA`);
    for (const text of garbage) await unauthenticated(authenticator.authenticate(text));
  });

  test('a huge token is refused without being read', async () => {
    const { authenticator, sign } = await create();
    await unauthenticated(authenticator.authenticate('x'.repeat(10_000_000)));
    await unauthenticated(authenticator.authenticate(await sign({ padding: 'x'.repeat(10_000) })));
  });
};
