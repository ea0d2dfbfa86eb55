import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createSelfSignedCertificate,
  startWebPubSub,
  type WebPubSubOptions,
} from '../../../local/web-pubsub/index.ts';
import { aService, serverOf } from './support.ts';

const aSecureService = async (options: Partial<WebPubSubOptions> = {}) => {
  const certificate = createSelfSignedCertificate();
  const service = await startWebPubSub({ port: 0, config: {}, certificate, ...options });
  onTestFinished(() => service.stop());
  const trust = { tlsOptions: { ca: certificate.cert }, retryOptions: { maxRetries: 0 } };
  return {
    service,
    certificate,
    trust,
    server: new WebPubSubServiceClient(service.connectionString, 'chat', trust),
  };
};

const openSocket = async (url: string, ca: string): Promise<WebSocket> => {
  const socket = new WebSocket(url, { ca });
  onTestFinished(() => {
    socket.terminate();
  });
  await once(socket, 'open');
  return socket;
};

/** A credential as Entra would give it: a JWT that the service has no means to verify. */
const aCredential = (expiresInSeconds: number) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + expiresInSeconds;
  const token = `${part({ alg: 'RS256' })}.${part({ exp, aud: 'https://webpubsub.azure.com' })}.c2ln`;
  return { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
};

describe('https', () => {
  test('is served with a certificate made here, to REST callers and clients alike', async () => {
    const { service, certificate, server } = await aSecureService();
    expect(service.connectionString).toContain('Endpoint=https://127.0.0.1:');
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    expect(url).toMatch(/^wss:/);
    const socket = await openSocket(url, certificate.cert);
    const message = once(socket, 'message');
    await server.sendToUser('ann', 'hello', { contentType: 'text/plain' });
    expect(String((await message)[0])).toBe('hello');
  });

  test('further pages are listed under the scheme of the first', async () => {
    const { certificate, server } = await aSecureService();
    const { url } = await server.getClientAccessToken({ groups: ['room'] });
    for (let i = 0; i < 3; i++) await openSocket(url, certificate.cert);
    let count = 0;
    for await (const page of (await server.group('room').listConnections({ maxPageSize: 1 })).byPage()) {
      count += page.length;
    }
    expect(count).toBe(3);
  });

  test('the certificate names this machine, and is in its time', () => {
    const certificate = new X509Certificate(createSelfSignedCertificate('chat.test').cert);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('chat.test')).toBe('chat.test');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  });
});

describe('a client made with a TokenCredential', () => {
  const endpointOf = (connectionString: string) => /Endpoint=([^;]+)/.exec(connectionString)?.[1] ?? '';

  test('is refused, unless the service was told to take any token', async () => {
    const { service, trust } = await aSecureService();
    const server = new WebPubSubServiceClient(
      endpointOf(service.connectionString),
      aCredential(60),
      'chat',
      trust,
    );
    await expect(server.sendToAll('x')).rejects.toMatchObject({ statusCode: 401 });
  });

  test('is served where any token is taken, and gets its client tokens from the service', async () => {
    const { service, certificate, trust } = await aSecureService({ acceptUnverifiedTokens: true });
    const server = new WebPubSubServiceClient(
      endpointOf(service.connectionString),
      aCredential(60),
      'chat',
      trust,
    );
    const { url } = await server.getClientAccessToken({ userId: 'ann', groups: ['room'] });
    const socket = await openSocket(url, certificate.cert);
    expect(await server.groupExists('room')).toBe(true);
    const message = once(socket, 'message');
    await server.sendToUser('ann', 'hello', { contentType: 'text/plain' });
    expect(String((await message)[0])).toBe('hello');
  });

  test('is refused all the same when its token has expired', async () => {
    const { service, trust } = await aSecureService({ acceptUnverifiedTokens: true });
    const endpoint = endpointOf(service.connectionString);
    const server = new WebPubSubServiceClient(endpoint, aCredential(-3600), 'chat', trust);
    await expect(server.sendToAll('x')).rejects.toMatchObject({ statusCode: 401 });
  });

  test.each([
    ['mqtt', '/clients/mqtt/hubs/chat'],
    ['socketio', '/clients/socketio/hubs/chat'],
    ['default', '/client/hubs/chat'],
  ] as const)('can have a token for %s clients', async (clientProtocol, path) => {
    const { service, trust } = await aSecureService({ acceptUnverifiedTokens: true });
    const endpoint = endpointOf(service.connectionString);
    const server = new WebPubSubServiceClient(endpoint, aCredential(60), 'chat', trust);
    const { token } = await server.getClientAccessToken({
      clientProtocol,
      userId: 'ann',
      roles: ['a'],
      expirationTimeInMinutes: 10,
    });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iat: number;
      exp: number;
    };
    expect(claims).toMatchObject({ aud: `${endpoint}${path}`, sub: 'ann', role: ['a'] });
    expect(claims.exp - claims.iat).toBe(600);
  });
});

test('behind a proxy, links are made for the name the proxy is known by', async () => {
  const service = await aService();
  const server = serverOf(service);
  const { url } = await server.getClientAccessToken({ groups: ['room'] });
  for (let i = 0; i < 2; i++) {
    const socket = new WebSocket(url);
    onTestFinished(() => {
      socket.terminate();
    });
    await once(socket, 'open');
  }
  const path = '/api/hubs/chat/groups/room/connections';
  const headers: Record<string, string> = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'chat.example.net',
    authorization: `Bearer ${await restToken(server, path)}`,
  };
  const call = request(`http://127.0.0.1:${service.port}${path}?maxpagesize=1&api-version=2024-12-01`, {
    headers,
  });
  call.end();
  const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  const { nextLink } = JSON.parse(text) as { nextLink: string };
  expect(nextLink).toMatch(/^https:\/\/chat\.example\.net\/api\/hubs\/chat\/groups\/room\/connections\?/);
  expect(new URL(nextLink).searchParams.get('api-version')).toBe('2024-12-01');
});

/** The token that the SDK signs for a path, taken from a request of its own. */
const restToken = async (server: WebPubSubServiceClient, path: string): Promise<string> => {
  let header = '';
  const group = path.split('/')[5] ?? '';
  const members = await server.group(group).listConnections({
    onResponse: ({ request: sent }) => {
      header = sent.headers.get('authorization') ?? '';
    },
  });
  await members.next();
  return header.replace('Bearer ', '');
};
