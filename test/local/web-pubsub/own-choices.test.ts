import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { developmentAccessKey } from '../../../local/web-pubsub/index.ts';
import { aClient, allRoles, aRefusal, aService, aSocket, serverOf } from './support.ts';

// What this service chooses, limits or does not have. Other services may answer otherwise.

const JSON_V1 = 'json.webpubsub.azure.v1';

const bareClient = async (subprotocol = JSON_V1) => {
  const server = serverOf(await aService());
  const { url } = await server.getClientAccessToken({ userId: 'ann', roles: allRoles });
  const client = await aSocket(url, subprotocol);
  const connected = JSON.parse((await client.frames.next()) as string) as Record<string, string>;
  return { server, connected, ...client };
};

/** A token signed with the development key. */
const token = (claims: object): string => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', developmentAccessKey).update(text).digest('base64url')}`;
};

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

describe('connecting', () => {
  test('the first of several offered subprotocols that is served is taken', async () => {
    const server = serverOf(await aService());
    const { url } = await server.getClientAccessToken();
    const { socket } = await aSocket(url, ['protobuf.webpubsub.azure.v1', JSON_V1]);
    expect(socket.protocol).toBe(JSON_V1);
  });

  test('a token made for the same path under another host name is taken', async () => {
    const { port } = await aService();
    const access = token({ aud: 'https://chat.example.net/client/hubs/chat', exp: inAnHour() });
    const { socket } = await aSocket(`ws://127.0.0.1:${port}/client/hubs/chat?access_token=${access}`);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('without a token a hub lets in only if it allows anonymous clients', async () => {
    const { port } = await aService({ hubs: { open: { anonymousConnectPolicy: 'allow' } } });
    const { socket } = await aSocket(`ws://127.0.0.1:${port}/client/hubs/open`);
    expect(socket.readyState).toBe(socket.OPEN);
    expect((await aRefusal(`ws://127.0.0.1:${port}/client/hubs/chat`)).status).toBe(401);
  });

  test.each([
    ['/clients/mqtt/hubs/chat', 501],
    ['/clients/socketio/hubs/chat', 501],
    ['/client/hubs/1chat', 400],
    ['/client/hubs/', 404],
    ['/elsewhere', 404],
  ])('a WebSocket to %s is answered with %i', async (path, status) => {
    const { port } = await aService();
    expect((await aRefusal(`ws://127.0.0.1:${port}${path}`)).status).toBe(status);
  });

  test.each(['protobuf.webpubsub.azure.v1', 'protobuf.reliable.webpubsub.azure.v1', 'custom'])(
    'the subprotocol %s is refused before the upgrade',
    async (subprotocol) => {
      const server = serverOf(await aService());
      const refusal = await aRefusal((await server.getClientAccessToken()).url, subprotocol);
      expect(refusal.status).toBe(400);
      expect(refusal.text).toContain(subprotocol);
    },
  );
});

describe('frames', () => {
  test.each([
    ['text that is no JSON', 'hello', 1007],
    ['an unknown type', { type: 'hello' }, 1007],
    ['a group without a name', { type: 'joinGroup', ackId: 1 }, 1007],
    ['an ack id that is no number', { type: 'joinGroup', group: 'a', ackId: 'one' }, 1007],
    [
      'data nested too deeply',
      `{"type":"event","event":"e","data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      1007,
    ],
    ['a binary frame', Buffer.from([1]), 1003],
    ['a frame larger than 1 MiB', 'x'.repeat(1024 * 1024 + 1), 1009],
  ])('%s closes the connection, and harms nobody else', async (_name, frame, code) => {
    const { server, closed, send } = await bareClient();
    const other = await aClient(server);
    send(frame);
    expect((await closed).code).toBe(code);
    await server.sendToAll('still here', { contentType: 'text/plain' });
    expect(await other.messages.next()).toBe('still here');
  });

  test('a frame that is too large ends a reliable session for good', async () => {
    const { server, connected, closed, send } = await bareClient('json.reliable.webpubsub.azure.v1');
    send('x'.repeat(1024 * 1024 + 1));
    await closed;
    expect(await server.connectionExists(connected.connectionId ?? '')).toBe(false);
  });

  test('what is not supported is refused by name', async () => {
    const { frames, send } = await bareClient();
    send({ type: 'setGroupState', group: 'room', state: {}, ackId: 3 });
    expect(JSON.parse((await frames.next()) as string)).toMatchObject({
      ackId: 3,
      success: false,
      error: { name: 'BadRequest', message: expect.stringContaining('setGroupState') as string },
    });
  });
});

test('the last 1,000 ack ids are remembered', async () => {
  const { frames, send } = await bareClient();
  for (let ackId = 0; ackId <= 1000; ackId++) send({ type: 'joinGroup', group: 'room', ackId });
  await frames.take(1001);
  send({ type: 'joinGroup', group: 'room', ackId: 1 });
  send({ type: 'joinGroup', group: 'room', ackId: 0 });
  expect(await frames.next()).toContain('"name":"Duplicate"');
  expect(await frames.next()).toBe('{"type":"ack","ackId":0,"success":true}');
});

describe('REST calls', () => {
  test('a message larger than 1 MiB is refused', async () => {
    const server = serverOf(await aService());
    for (const size of [1024 * 1024 + 1, 8 * 1024 * 1024]) {
      const sent = server.sendToAll('x'.repeat(size), { contentType: 'text/plain' });
      await expect(sent).rejects.toMatchObject({ statusCode: 413 });
    }
    await server.sendToAll('x'.repeat(1024 * 1024), { contentType: 'text/plain' });
  });

  test('what is no operation is not found', async () => {
    const { port } = await aService();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200);
  });
});
