import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { withTicket } from '../../functions/cloud-events/ticket.ts';
import { webPubSubEvents } from '../../functions/cloud-events/web-pubsub-events.ts';
import { aToken } from '../support/builders.ts';
import { offlineServices } from '../support/offline-services.ts';
import { aServer } from '../support/http-server.ts';

const tenant = '11111111-2222-3333-4444-555555555555';
const audience = 'api://parley-events';
const caller = '99999999-2222-3333-4444-555555555555';

let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let others: { privateKey: CryptoKey; publicKey: CryptoKey };
beforeAll(async () => {
  [keys, others] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
});

/** What publishes the keys of a tenant, as Entra does. */
const anAuthority = async (): Promise<{ url: string; requests: string[]; isUp: boolean }> => {
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const authority = { url: '', requests: [] as string[], isUp: true };
  const url = await aServer((request, response) => {
    authority.requests.push(request.url ?? '');
    response.writeHead(authority.isUp ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  authority.url = url;
  return authority;
};

/** An app that is reached by events with tokens, without any key of Web PubSub. */
const anApp = async () => {
  const authority = await anAuthority();
  const services = {
    ...offlineServices({
      WebPubSubConnection: '',
      WebPubSubConnection__serviceUri: 'https://nowhere.test',
      WEBPUBSUB_EVENT_TENANT: tenant,
      WEBPUBSUB_EVENT_AUDIENCE: audience,
      WEBPUBSUB_EVENT_CALLER: caller,
      WEBPUBSUB_EVENT_AUTHORITY: authority.url,
      CONNECTION_SIGNING_KEY: 'k3y-of-connections-2b7e151628aed2a6abf7158809cf4f3c',
    }),
    admitClient: vi.fn(() => Promise.resolve({ groups: [], fingerprint: 'f' })),
  };
  const until = new Date(Date.now() + 60_000);
  const { secrets } = services.webPubSub;
  const url = new URL(withTicket('wss://x/', { userId: 'ann', token: aToken() }, until, secrets[0] ?? ''));
  const body = { claims: { sub: ['ann'] }, query: { ticket: [url.searchParams.get('ticket')] } };
  const connect = async (headers: Record<string, string>): Promise<number> => {
    const request = new HttpRequest({
      method: 'POST',
      url: 'http://127.0.0.1/api/webpubsub/events',
      headers: {
        ...{ 'ce-type': 'azure.webpubsub.sys.connect', 'ce-eventname': 'connect', 'ce-hub': 'chat' },
        ...{ 'ce-connectionid': 'c1', 'ce-time': new Date().toISOString() },
        ...headers,
      },
      body: { string: JSON.stringify(body) },
    });
    const context = new InvocationContext({ logHandler: () => undefined });
    return ((await webPubSubEvents(services).handler(request, context)) as HttpResponseInit).status ?? 200;
  };
  const connectWith = async (
    claims: Record<string, unknown> = {},
    key = keys.privateKey,
  ): Promise<number> => {
    const token = await new SignJWT({
      ...{ iss: `https://sts.windows.net/${tenant}/`, aud: audience, sub: caller, oid: caller },
      exp: Date.now() / 1000 + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(key);
    return connect({ authorization: `Bearer ${token}` });
  };
  return { authority, services, connect, connectWith };
};

describe('events of a Web PubSub with an identity', () => {
  it('are taken with its token, in both versions that Entra has, by one fetch of keys for each', async () => {
    const { connectWith, authority, services } = await anApp();
    expect(await connectWith()).toBe(200);
    expect(await connectWith({ iss: `${authority.url}/${tenant}/v2.0` })).toBe(200);
    for (let count = 0; count < 3; count++) expect(await connectWith({ jti: count })).toBe(200);
    expect(services.admitClient).toHaveBeenCalledTimes(5);
    expect(new Set(authority.requests)).toEqual(new Set([`/${tenant}/discovery/v2.0/keys`]));
    expect(authority.requests).toHaveLength(2);
  });

  it('are refused with the token of anybody else, or none', async () => {
    const { connect, connectWith, services } = await anApp();
    const past = Date.now() / 1000 - 120;
    for (const claims of [
      { sub: 'another-identity' },
      { sub: undefined },
      { aud: 'api://another-app' },
      { iss: 'https://sts.windows.net/another-tenant/' },
      { iss: 'https://evil.example.com/' },
      { exp: past },
      { exp: undefined },
      { nbf: Date.now() / 1000 + 120 },
    ])
      expect([claims, await connectWith(claims)]).toEqual([claims, 401]);
    expect(await connectWith({}, others.privateKey)).toBe(401);
    for (const authorization of ['', 'Bearer ', 'Bearer a.b.c', 'Basic eA=='])
      expect(await connect({ authorization })).toBe(401);
    // There is no key, so no signature is good: not even one with an empty key.
    expect(await connect({ 'ce-signature': 'sha256=' + '0'.repeat(64) })).toBe(401);
    expect(services.admitClient).not.toHaveBeenCalled();
  });

  it('are told again while the keys cannot be had', async () => {
    const { connectWith, authority } = await anApp();
    authority.isUp = false;
    expect(await connectWith()).toBe(500);
    authority.isUp = true;
    expect(await connectWith()).toBe(200);
  });
});
