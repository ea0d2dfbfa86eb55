import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { aClient, aHubWith, allRoles, anApplication, aService, aSocket, serverOf } from './support.ts';

const CHUNK = 'x'.repeat(512 * 1024);

describe('a client that reads too slowly', () => {
  test.each(['json.webpubsub.azure.v1', 'json.reliable.webpubsub.azure.v1', undefined])(
    'of the subprotocol %s loses its connection, and the application is told why',
    async (subprotocol) => {
      const application = await anApplication();
      const service = await aService({
        ...aHubWith(application.url, ['disconnected']),
        limits: { sendBufferBytes: 1024 * 1024 },
      });
      const server = serverOf(service);
      const slow = await aSocket((await server.getClientAccessToken({ userId: 'slow' })).url, subprotocol);
      const other = await aClient(server, { userId: 'other' });
      slow.socket.pause();
      while (await server.userExists('slow')) {
        await server.sendToUser('slow', CHUNK, { contentType: 'text/plain' });
      }
      const { headers, body } = await application.events.next();
      expect(headers['ce-userid']).toBe('slow');
      expect(JSON.parse(body)).toEqual({ reason: 'The outbound message queue is full.' });
      await server.sendToUser('other', 'fine', { contentType: 'text/plain' });
      expect(await other.messages.next()).toBe('fine');
    },
  );

  test('is told, if it reads on before its socket is dropped', async () => {
    const service = await aService({ limits: { sendBufferBytes: 256 * 1024 } });
    const server = serverOf(service);
    const { url } = await server.getClientAccessToken({ userId: 'slow' });
    const slow = await aSocket(url, 'json.webpubsub.azure.v1');
    slow.socket.pause();
    while (await server.userExists('slow')) {
      await server.sendToUser('slow', CHUNK, { contentType: 'text/plain' });
    }
    slow.socket.resume();
    expect(await slow.closed).toEqual({ code: 1008, reason: 'The outbound message queue is full.' });
  });
});

test('a client that floods the service is read no faster than its frames are dealt with', async () => {
  const gate = Promise.withResolvers<object>();
  const application = await anApplication(() => gate.promise);
  const server = serverOf(await aService(aHubWith(application.url)));
  const { frames, send } = await aSocket(
    (await server.getClientAccessToken({ roles: allRoles })).url,
    'json.webpubsub.azure.v1',
  );
  await frames.next();
  send({ type: 'event', event: 'slow', dataType: 'text', data: '', ackId: 0 });
  for (let ackId = 1; ackId <= 1000; ackId++) send({ type: 'joinGroup', group: 'room', ackId });
  await application.events.next();
  expect(await server.groupExists('room')).toBe(false);
  gate.resolve({});
  const acks = (await frames.take(1001)).map(
    (frame) => (JSON.parse(frame as string) as { ackId: number }).ackId,
  );
  expect(acks).toEqual(Array.from({ length: 1001 }, (_, ackId) => ackId));
});

describe('a client that is silently gone', () => {
  test('is noticed by its missing pongs', async () => {
    const service = await aService({ hubs: { chat: { webSocketKeepAliveIntervalInSeconds: 1 } } });
    const server = serverOf(service);
    const there = await aSocket((await server.getClientAccessToken({ userId: 'there' })).url);
    const gone = new WebSocket((await server.getClientAccessToken({ userId: 'gone' })).url, {
      autoPong: false,
    });
    onTestFinished(() => {
      gone.terminate();
    });
    await once(gone, 'close');
    expect(await server.userExists('gone')).toBe(false);
    expect(await server.userExists('there')).toBe(true);
    expect(there.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('before it was let in, is not let in', async () => {
    const gate = Promise.withResolvers<object>();
    const application = await anApplication(() => gate.promise);
    const service = await aService(aHubWith(application.url, ['connect']));
    const server = serverOf(service);
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const socket = new WebSocket(url);
    socket.on('error', () => undefined);
    await application.events.next();
    socket.terminate();
    gate.resolve({});
    const bo = await aClient(server, { userId: 'bo' }); // by then the answer for ann has been dealt with
    expect(await server.userExists('bo')).toBe(true);
    expect(await server.userExists('ann')).toBe(false);
    bo.client.stop();
  });
});

describe('stopping', () => {
  test('does not wait for clients that do not answer', async () => {
    const service = await aService();
    const { url } = await serverOf(service).getClientAccessToken();
    const { socket } = await aSocket(url);
    socket.pause();
    const idle = connect(service.port, '127.0.0.1');
    idle.on('error', () => undefined);
    onTestFinished(() => {
      idle.destroy();
    });
    await once(idle, 'connect');
    await service.stop();
    await expect(fetch(`http://127.0.0.1:${service.port}/api/health`)).rejects.toThrow();
  });

  test('refuses clients that wait to be let in', async () => {
    const application = await anApplication(() => new Promise(() => undefined));
    const service = await aService(aHubWith(application.url, ['connect']));
    const { url } = await serverOf(service).getClientAccessToken();
    const socket = new WebSocket(url);
    const refused = once(socket, 'error');
    await application.events.next();
    await service.stop();
    await refused;
  });
});

describe('garbage', () => {
  test.each([
    'GET /client/hubs/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'GET /client/hubs/%zz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'POST /api/hubs/%zz/:send HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
    'POST /api/hubs/chat/:send HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\nxx',
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00',
  ])('%j does the service no harm', async (bytes) => {
    const service = await aService();
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write(bytes, 'latin1');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 40[0-9]/);
    const { client } = await aClient(serverOf(service), { roles: allRoles });
    await client.joinGroup('room');
  });
});
