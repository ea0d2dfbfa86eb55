import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { OidcTokens } from '../../../../shared/adapters/jose/oidc-tokens.ts';
import { aClock, nowSeconds, tokensSuite, unauthenticated } from './tokens-suite.ts';

interface KeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

const aKeyPair = async (alg: string, kid: string): Promise<KeyPair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } };
};

let rsa: KeyPair;
let rotated: KeyPair;
beforeAll(async () => {
  [rsa, rotated] = await Promise.all([aKeyPair('RS256', 'key-1'), aKeyPair('RS256', 'key-2')]);
}, 60_000);

/** An identity provider of one's own, that counts how often its keys are fetched. */
const aProvider = async (...keys: JWK[]) => {
  const provider = { keys, fetches: 0, up: true, issuer: '', named: undefined as string | undefined };
  const server: Server = createServer((request, response) => {
    if (!provider.up) return void response.writeHead(503).end();
    if (request.url === '/.well-known/openid-configuration')
      return void response.end(
        JSON.stringify({ issuer: provider.named ?? provider.issuer, jwks_uri: `${provider.issuer}/keys` }),
      );
    provider.fetches++;
    response.end(JSON.stringify({ keys: provider.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  running.push(server);
  return provider;
};

const running: Server[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const audience = 'chat';
const signWith =
  (issuer: string, { privateKey, jwk }: KeyPair) =>
  (over: Record<string, unknown> = {}, header: { kid?: string; alg?: string } = {}) =>
    new SignJWT({ sub: 'ann', iss: issuer, aud: audience, exp: nowSeconds + 600, ...over })
      .setProtectedHeader({ alg: jwk.alg ?? '', kid: jwk.kid ?? '', ...header })
      .sign(privateKey);

describe('a token of an identity provider', () => {
  tokensSuite(async () => {
    const { issuer } = await aProvider(rsa.jwk);
    const clock = aClock();
    const claims = { sub: 'ann', iss: issuer, aud: audience, exp: nowSeconds + 600 };
    const authenticator = new OidcTokens([{ issuer, audience }], clock);
    return { authenticator, clock, claims, sign: signWith(issuer, rsa) };
  });

  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const pair = await aKeyPair(alg, 'the-key');
    const { issuer } = await aProvider(pair.jwk);
    const tokens = new OidcTokens([{ issuer, audience }], aClock());
    expect(await tokens.authenticate(await signWith(issuer, pair)())).toMatchObject({ userId: 'ann' });
  });

  test.each(['RS512', 'ES384'])('may not be signed with %s, which nobody agreed on', async (alg) => {
    const pair = await aKeyPair(alg, 'the-key');
    const { issuer } = await aProvider(pair.jwk);
    const tokens = new OidcTokens([{ issuer, audience }], aClock());
    await unauthenticated(tokens.authenticate(await signWith(issuer, pair)()));
  });

  test('may not be signed with the public key as if it were a secret', async () => {
    const { issuer } = await aProvider(rsa.jwk);
    const tokens = new OidcTokens([{ issuer, audience }], aClock());
    const claims = { sub: 'ann', iss: issuer, aud: audience, exp: nowSeconds + 600 };
    for (const known of [await exportSPKI(rsa.publicKey), JSON.stringify(rsa.jwk), rsa.jwk.n ?? ''])
      await unauthenticated(
        tokens.authenticate(
          await new SignJWT(claims)
            .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
            .sign(new TextEncoder().encode(known)),
        ),
      );
  });

  test('must be for this app, of an issuer that is trusted', async () => {
    const { issuer } = await aProvider(rsa.jwk);
    const tokens = new OidcTokens([{ issuer, audience: ['chat', 'api://chat'] }], aClock());
    const sign = signWith(issuer, rsa);
    expect(await tokens.authenticate(await sign({ aud: ['x', 'api://chat'] }))).toMatchObject({
      userId: 'ann',
    });
    for (const wrong of [
      { aud: 'another-app' },
      { aud: undefined },
      { aud: [] },
      { iss: 'http://127.0.0.1:1' },
      { iss: `${issuer}/` },
      { iss: undefined },
      { iss: [issuer] },
      { iss: 7 },
    ])
      await unauthenticated(tokens.authenticate(await sign(wrong)));
  });

  test('of one provider is not accepted with the key of another', async () => {
    const [one, two] = [await aProvider(rsa.jwk), await aProvider(rotated.jwk)];
    const tokens = new OidcTokens(
      [one, two].map(({ issuer }) => ({ issuer, audience })),
      aClock(),
    );
    for (const token of [signWith(one.issuer, rsa), signWith(two.issuer, rotated)])
      expect(await tokens.authenticate(await token())).toMatchObject({ userId: 'ann' });
    await unauthenticated(tokens.authenticate(await signWith(two.issuer, rsa)()));
    await unauthenticated(tokens.authenticate(await signWith(one.issuer, rotated)({}, { kid: 'key-1' })));
  });
});

describe('users of several identity providers', () => {
  const aPair = async () => {
    const [own, partner] = [await aProvider(rsa.jwk), await aProvider(rotated.jwk)];
    const issuers = [
      { issuer: own.issuer, audience },
      { issuer: partner.issuer, audience, userIdPrefix: 'partner' },
    ];
    const tokens = new OidcTokens(issuers, aClock());
    const userOf = async (token: Promise<string>) => (await tokens.authenticate(await token)).userId;
    return { tokens, userOf, own: signWith(own.issuer, rsa), partner: signWith(partner.issuer, rotated) };
  };

  test('are never taken for each other, whatever their subjects', async () => {
    const { tokens, userOf, own, partner } = await aPair();
    expect(await userOf(own({ sub: 'ann' }))).toBe('ann');
    expect(await userOf(partner({ sub: 'ann' }))).toBe('partner:ann');
    expect(await userOf(partner({ sub: 'partner:ann' }))).toBe('partner:partner:ann');
    expect(await userOf(own({ sub: 'partner|ann' }))).toBe('partner|ann');
    await unauthenticated(tokens.authenticate(await own({ sub: 'partner:ann' })));
    for (const sub of ['', 7, ['ann'], 'x'.repeat(256)])
      await unauthenticated(tokens.authenticate(await partner({ sub })));
  });

  test('have tokens of their own, also where the names of these are the same', async () => {
    const { tokens, own, partner } = await aPair();
    const [one, two] = [await own({ jti: '1' }), await partner({ jti: '1' })];
    expect((await tokens.authenticate(one)).token.id).not.toBe((await tokens.authenticate(two)).token.id);
  });
});

describe('the keys of an identity provider', () => {
  test('are fetched once, and again when a token names a new one', async () => {
    const provider = await aProvider(rsa.jwk);
    const tokens = new OidcTokens([{ issuer: provider.issuer, audience, cooldownMs: 0 }], aClock());
    for (const sub of ['ann', 'bo', 'cy'])
      await tokens.authenticate(await signWith(provider.issuer, rsa)({ sub }));
    expect(provider.fetches).toBe(1);

    provider.keys = [rotated.jwk];
    await tokens.authenticate(await signWith(provider.issuer, rotated)());
    expect(provider.fetches).toBe(2);
    await unauthenticated(tokens.authenticate(await signWith(provider.issuer, rsa)({ sub: 'di' })));
  });

  test('are not fetched for every made-up key id', async () => {
    const provider = await aProvider(rsa.jwk);
    const tokens = new OidcTokens([{ issuer: provider.issuer, audience }], aClock());
    for (let i = 0; i < 20; i++)
      await unauthenticated(
        tokens.authenticate(await signWith(provider.issuer, rsa)({}, { kid: `unknown-${i}` })),
      );
    expect(provider.fetches).toBe(1);
  });

  test('serve on while the provider is away for less than a day', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const provider = await aProvider(rsa.jwk);
    const tokens = new OidcTokens([{ issuer: provider.issuer, audience }], aClock());
    const authenticate = async (sub: string) =>
      tokens.authenticate(await signWith(provider.issuer, rsa)({ sub }));
    await authenticate('ann');
    provider.up = false;
    vi.setSystemTime(Date.now() + 23 * 3_600_000);
    expect(await authenticate('bo')).toMatchObject({ userId: 'bo' });
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    await expect(authenticate('cy')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that were withdrawn are forgotten within minutes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const provider = await aProvider(rsa.jwk, rotated.jwk);
    const tokens = new OidcTokens([{ issuer: provider.issuer, audience }], aClock());
    await tokens.authenticate(await signWith(provider.issuer, rsa)());
    provider.keys = [rotated.jwk];
    vi.setSystemTime(Date.now() + 11 * 60_000);
    let tries = 0;
    await vi.waitFor(
      async () => {
        const token = await signWith(provider.issuer, rsa)({ sub: `try-${tries++}` });
        await unauthenticated(tokens.authenticate(token));
      },
      { timeout: 10_000, interval: 5 },
    );
    expect(provider.fetches).toBe(2);
  });

  test('may be where a setting says, without discovery', async () => {
    const { issuer } = await aProvider(rsa.jwk);
    const name = 'https://login.example.org/tenant';
    const tokens = new OidcTokens([{ issuer: name, audience, jwksUri: `${issuer}/keys` }], aClock());
    expect(await tokens.authenticate(await signWith(name, rsa)())).toMatchObject({ userId: 'ann' });
  });

  test('that cannot be had make callers wait, not strangers of them; afterwards all is well', async () => {
    const provider = await aProvider(rsa.jwk);
    const token = await signWith(provider.issuer, rsa)();
    for (const jwksUri of [undefined, `${provider.issuer}/keys`]) {
      const tokens = new OidcTokens([{ issuer: provider.issuer, audience, jwksUri }], aClock());
      provider.up = false;
      await expect(tokens.authenticate(token)).rejects.toMatchObject({
        code: 'unavailable',
        retryAfterSeconds: 5,
      });
      provider.up = true;
      expect(await tokens.authenticate(token)).toMatchObject({ userId: 'ann' });
    }
  });

  test('are not taken from a discovery document about somebody else', async () => {
    const provider = await aProvider(rsa.jwk);
    provider.named = 'https://login.example.org';
    const tokens = new OidcTokens([{ issuer: provider.issuer, audience }], aClock());
    const authenticating = tokens.authenticate(await signWith(provider.issuer, rsa)());
    await expect(authenticating).rejects.toMatchObject({ code: 'unavailable' });
    expect(provider.fetches).toBe(0);
  });
});
