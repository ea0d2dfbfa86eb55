import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { OidcTokens } from '../../shared/adapters/jose/oidc-tokens.ts';
import { SharedKeyTokens } from '../../shared/adapters/jose/shared-key-tokens.ts';
import { loadConfig } from '../../shared/config.ts';
import { aServer } from '../support/http-server.ts';

/**
 * Tokens that say themselves by which key they are to be trusted, or more than they should. What every authenticator
 * demands of a token (signature, algorithm, times, subject, issuer, audience) is in `test/shared/adapters/jose/`; that
 * logging out ends a token, in `test/identity.integration.test.ts`.
 */

const clock = { now: () => new Date() };
const audience = 'chat';
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;
const signingKey = 'k3y-of-these-tests-2b7e151628aed2a6abf7158809cf4f3c';
const secret = new TextEncoder().encode(signingKey);

interface Pair {
  privateKey: CryptoKey;
  jwk: JWK;
}

const aPair = async (kid: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), alg: 'RS256', kid, use: 'sig' } };
};

let own: Pair;
let evil: Pair;
beforeAll(async () => {
  [own, evil] = await Promise.all([aPair('key-1'), aPair('key-1')]);
}, 60_000);

/** A server of keys that notes who asks. */
const keysAt = async (...keys: JWK[]) => {
  const asked: string[] = [];
  const url = await aServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ keys }));
  });
  return { asked, url };
};

const refused = (authenticating: Promise<unknown>) =>
  expect(authenticating).rejects.toMatchObject({ code: 'unauthenticated' });

const sign = (iss: string, { privateKey }: Pair, header: object, claims: object = {}): Promise<string> =>
  new SignJWT({ sub: 'ann', iss, aud: audience, exp: inAnHour(), ...claims })
    .setProtectedHeader({ alg: 'RS256', ...header })
    .sign(privateKey);

describe('a token that brings its own key', () => {
  test('is refused, and nobody is asked but who the settings name', async () => {
    const [keys, trap] = await Promise.all([keysAt(own.jwk), keysAt(evil.jwk)]);
    const iss = 'https://login.example.org';
    const tokens = new OidcTokens([{ issuer: iss, audience, jwksUri: `${keys.url}/keys` }], clock);
    expect(await tokens.authenticate(await sign(iss, own, { kid: 'key-1' }))).toMatchObject({
      userId: 'ann',
    });
    for (const header of [
      { kid: 'key-1', jwk: evil.jwk },
      { jwk: evil.jwk },
      { kid: 'key-1', jku: `${trap.url}/keys` },
      { kid: 'key-1', x5u: `${trap.url}/keys` },
      { kid: 'key-1', x5c: ['MIIB'] },
      { kid: `${trap.url}/keys` },
      { kid: '../../../../dev/null' },
      { kid: '/etc/hostname' },
      { kid: "x' union select 'k" },
      { kid: '' },
      { kid: '__proto__' },
      { kid: 'key-1' },
      {},
    ])
      await refused(tokens.authenticate(await sign(iss, evil, header)));
    for (const issuer of [trap.url, `${iss}/`, `${iss}.evil.example`, iss.toUpperCase(), ''])
      await refused(tokens.authenticate(await sign(issuer, evil, { kid: 'key-1' })));
    expect(trap.asked).toEqual([]);
    expect(new Set(keys.asked)).toEqual(new Set(['/keys']));
  });
});

describe('a token of an identity provider', () => {
  test('is refused when its public key was taken for a secret', async () => {
    const iss = 'https://login.example.org';
    const keys = await keysAt(own.jwk);
    const tokens = new OidcTokens([{ issuer: iss, audience, jwksUri: `${keys.url}/keys` }], clock);
    const publicKey = (await importJWK(own.jwk, 'RS256')) as CryptoKey;
    const forms = [await exportSPKI(publicKey), JSON.stringify(own.jwk), own.jwk.n ?? ''];
    for (const secretKey of forms.flatMap((form) => [form, form.trimEnd()]))
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const claims = { sub: 'ann', iss, aud: audience, exp: inAnHour() };
        const token = new SignJWT(claims).setProtectedHeader({ alg, kid: 'key-1' });
        await refused(tokens.authenticate(await token.sign(new TextEncoder().encode(secretKey))));
      }
  });

  test.each<[string, object]>([
    ['of another app', { aud: 'other' }],
    ['of another case', { aud: audience.toUpperCase() }],
    ['that begins like it', { aud: `${audience}.evil` }],
    ['that is empty', { aud: '' }],
    ['that is none', { aud: undefined }],
    ['of several others', { aud: ['other', 'another'] }],
  ])('is refused with an audience %s', async (_, claims) => {
    const iss = 'https://login.example.org';
    const keys = await keysAt(own.jwk);
    const tokens = new OidcTokens([{ issuer: iss, audience, jwksUri: `${keys.url}/keys` }], clock);
    await refused(tokens.authenticate(await sign(iss, own, { kid: 'key-1' }, claims)));
  });
});

/** Signed by hand, for claims that a library would not write twice. */
const signedText = async (header: string, payload: string): Promise<string> => {
  const part = (text: string): string => Buffer.from(text).toString('base64url');
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(text))).toString('base64url')}`;
};

describe('a claim', () => {
  const tokens = new SharedKeyTokens({ signingKey, tokenMinutes: 60 }, clock);
  const header = '{"alg":"HS256"}';

  test('that stands twice counts once: the last, as for every reader of JSON', async () => {
    const token = await signedText(header, `{"sub":"eve","sub":"ann","exp":1,"exp":${inAnHour()}}`);
    expect(await tokens.authenticate(token)).toMatchObject({ userId: 'ann' });
    const expired = await signedText(header, `{"sub":"ann","exp":${inAnHour()},"exp":1}`);
    await refused(tokens.authenticate(expired));
  });

  test.each<[string, unknown]>([
    ['of a megabyte', 'x'.repeat(1_000_000)],
    ['of 257 characters', 'x'.repeat(257)],
    ['with a NUL', 'ann\0'],
    ['with a line end', 'ann\nroles: admin'],
    ['that is an object', { toString: 'ann' }],
    ['that is a list', ['ann']],
    ['that is true', true],
    ['that is half a surrogate pair', '\ud800'],
    ['that is a step in a path', '..'],
  ])('as subject %s names nobody', async (_, sub) => {
    await refused(tokens.authenticate(await signedText(header, JSON.stringify({ sub, exp: inAnHour() }))));
  });

  test('as subject with a slash is an id like any other', async () => {
    const token = await signedText(header, JSON.stringify({ sub: 'a/b/../c', exp: inAnHour() }));
    expect(await tokens.authenticate(token)).toMatchObject({ userId: 'a/b/../c' });
  });

  test.each(['-1', '0', '"9999999999"', 'null', 'true', '[9999999999]', '{}'])(
    'exp of %s is no time that has not come',
    async (exp) => {
      await refused(tokens.authenticate(await signedText(header, `{"sub":"ann","exp":${exp}}`)));
    },
  );

  test.each([
    '1e999',
    '-1e999',
    '1e308',
    '99999999999',
    '9007199254740993',
    String(inAnHour() + 367 * 86_400),
    `${inAnHour()}000`, // milliseconds, by mistake
  ])('exp of %s is no time at which a token ends', async (exp) => {
    await refused(tokens.authenticate(await signedText(header, `{"sub":"ann","exp":${exp}}`)));
  });

  test('exp may be as far away as a year', async () => {
    const year = Math.floor(Date.now() / 1000) + 366 * 86_400 - 60;
    const token = await signedText(header, `{"sub":"ann","exp":${year}}`);
    expect(await tokens.authenticate(token)).toMatchObject({ token: { expiresAt: year } });
  });

  test.each(['1e999', '-1e999', '"1"', 'null', '[1]'])(
    'iat or gen of %s says nothing: the token is as one of long ago',
    async (value) => {
      const payload = `{"sub":"ann","exp":${inAnHour()},"iat":${value},"gen":${value}}`;
      const authenticating = tokens.authenticate(await signedText(header, payload));
      const [outcome] = await Promise.allSettled([authenticating]);
      if (outcome.status === 'fulfilled')
        expect(outcome.value.token).toMatchObject({ issuedAt: 0, generation: 0 });
      else expect(outcome.reason).toMatchObject({ code: 'unauthenticated' });
    },
  );

  test('as algorithm other than the one agreed on is refused, however it is signed', async () => {
    const payload = JSON.stringify({ sub: 'ann', exp: inAnHour() });
    for (const alg of [
      'none',
      'None',
      'HS384',
      'hs256',
      'RS256',
      'ES256',
      'HS256 ',
      '',
      null,
      ['HS256'],
      { a: 1 },
    ])
      await refused(tokens.authenticate(await signedText(JSON.stringify({ alg }), payload)));
    for (const more of [{ crit: ['exp'] }, { crit: ['x'], x: 1 }, { b64: false, crit: ['b64'] }])
      await refused(
        tokens.authenticate(await signedText(JSON.stringify({ alg: 'HS256', ...more }), payload)),
      );
  });
});

describe('the app', () => {
  test.each([
    '',
    ' ',
    'secret',
    'changeme',
    'x'.repeat(31),
    'x'.repeat(64),
    '<random>',
    'abcabcabcabcabcabcabcabcabcabcabcabc',
  ])('does not start with %j as signing key', (key) => {
    const env = {
      ServiceBusConnection: 'Endpoint=sb://127.0.0.1;SharedAccessKeyName=n;SharedAccessKey=k',
      StorageConnection: 'UseDevelopmentStorage=true',
      WebPubSubConnection: 'Endpoint=http://127.0.0.1:8080;AccessKey=k;Version=1.0;',
      AUTH_SIGNING_KEY: key,
    };
    expect(() => loadConfig(env)).toThrow(/AUTH_SIGNING_KEY/);
    expect(() => loadConfig({ ...env, AUTH_SIGNING_KEY: signingKey })).not.toThrow();
  });
});
