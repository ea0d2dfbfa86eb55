import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { aClient, aHubWith, allRoles, anApplication, aService, aSocket, aWire, serverOf } from './support.ts';

const RELIABLE_V1 = 'json.reliable.webpubsub.azure.v1';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A service with a network before it that can fail, and the official client behind that. */
const aWiredClient = async (limits = {}) => {
  const service = await aService({ limits });
  const server = serverOf(service);
  const wire = await aWire(service.port);
  const behindWire = (url: string) => url.replace(`:${service.port}/`, `:${wire.port}/`);
  const client = await aClient(server, { userId: 'ann', roles: allRoles, groups: ['room'] }, {}, behindWire);
  return { service, server, wire, behindWire, ...client };
};

describe('a reliable client whose network fails', () => {
  test('gets everything once and in order, on the same connection', async () => {
    const { server, wire, messages, connected, connectionId } = await aWiredClient();
    for (const index of range(300)) {
      if (index === 100 || index === 200) wire.cut();
      await server.group('room').sendToAll({ index });
    }
    const received = await messages.take(300);
    expect(received).toEqual(range(300).map((index) => ({ index })));
    expect(messages.size).toBe(0);
    expect(connected.size).toBe(0); // "connected" is told again only for another connection
    expect(await server.connectionExists(connectionId)).toBe(true);
  });

  test('stays in its groups and keeps its rights', async () => {
    const { server, wire, client, messages } = await aWiredClient();
    wire.cut();
    await once(wire.signals, 'accepted');
    await server.group('room').sendToAll('still a member');
    expect(await messages.next()).toBe('still a member');
    await client.joinGroup('another');
  });

  test('is told again what it had not acknowledged, and no more', async () => {
    const service = await aService();
    const server = serverOf(service);
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const first = await aSocket(url, RELIABLE_V1);
    const { connectionId, reconnectionToken } = JSON.parse((await first.frames.next()) as string) as Record<
      'connectionId' | 'reconnectionToken',
      string
    >;
    for (const index of range(4)) await server.sendToUser('ann', { index });
    await first.frames.take(4);
    first.send({ type: 'sequenceAck', sequenceId: 2 });
    first.send({ type: 'ping' });
    await first.frames.next();
    first.socket.terminate();
    const recovery = `${url}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`;
    const second = await aSocket(recovery, RELIABLE_V1);
    const frames = (await second.frames.take(3)).map((frame) => JSON.parse(frame as string) as object);
    expect(frames).toMatchObject([
      { event: 'connected', connectionId },
      { sequenceId: 3, data: { index: 2 } },
      { sequenceId: 4, data: { index: 3 } },
    ]);
  });

  test('takes the session over from a socket that does not know yet that it is dead', async () => {
    const service = await aService();
    const server = serverOf(service);
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const first = await aSocket(url, RELIABLE_V1);
    const { connectionId, reconnectionToken } = JSON.parse((await first.frames.next()) as string) as Record<
      'connectionId' | 'reconnectionToken',
      string
    >;
    const recovery = `${url}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`;
    const second = await aSocket(recovery, RELIABLE_V1);
    await second.frames.next();
    expect((await first.closed).code).toBe(1006);
    await server.sendToUser('ann', 'here', { contentType: 'text/plain' });
    expect(await second.frames.next()).toContain('"data":"here"');
  });
});

describe('an event whose sender loses the network', () => {
  const anEventThatLosesItsNetwork = async (ackId?: number) => {
    const gate = Promise.withResolvers<object>();
    const application = await anApplication(() => gate.promise);
    const service = await aService(aHubWith(application.url));
    const wire = await aWire(service.port);
    const behindWire = (url: string) => url.replace(`:${service.port}/`, `:${wire.port}/`);
    const retries = { messageRetryOptions: { maxRetries: 20, retryDelayInMs: 50 } };
    const { client } = await aClient(serverOf(service), {}, retries, behindWire);
    const sent = client.sendEvent('e', 'x', 'text', ackId === undefined ? {} : { ackId });
    await application.events.next();
    const back = once(wire.signals, 'accepted');
    wire.cut();
    await back;
    gate.resolve({});
    return { application, result: await sent };
  };

  test('is told to the application once, when it has an ack id of its own', async () => {
    const { application, result } = await anEventThatLosesItsNetwork(5001);
    expect(result.isDuplicated).toBe(true);
    expect(application.events.size).toBe(0);
  });

  test('is told to the application again, when the client makes another ack id', async () => {
    const { application, result } = await anEventThatLosesItsNetwork();
    expect(result.isDuplicated).toBe(false);
    expect(application.events.size).toBe(1);
  });
});

describe('a session is over', () => {
  const expectRefused = async (url: string, connectionId: string, token: string) => {
    const recovery = `${url}&awps_connection_id=${connectionId}&awps_reconnection_token=${token}`;
    const { closed, frames } = await aSocket(recovery, RELIABLE_V1);
    expect((await closed).code).toBe(1008);
    expect(frames.size).toBe(0);
  };

  test('for a connection that does not exist, and for a wrong token', async () => {
    const server = serverOf(await aService());
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    await expectRefused(url, 'nobody', 'nothing');
    const { frames } = await aSocket(url, RELIABLE_V1);
    const { connectionId } = JSON.parse((await frames.next()) as string) as { connectionId: string };
    await expectRefused(url, connectionId, 'nothing');
    expect(await server.connectionExists(connectionId)).toBe(true);
  });

  test.each([1000, 1001, undefined])('once the client has closed with %s', async (code) => {
    const server = serverOf(await aService());
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const { socket, frames, closed } = await aSocket(url, RELIABLE_V1);
    const { connectionId, reconnectionToken } = JSON.parse((await frames.next()) as string) as Record<
      'connectionId' | 'reconnectionToken',
      string
    >;
    socket.close(code);
    await closed;
    expect(await server.userExists('ann')).toBe(false);
    await expectRefused(url, connectionId, reconnectionToken);
  });

  test('when the client does not return in time', async () => {
    const { server, wire, connectionId, connected } = await aWiredClient({ recoverySeconds: 1 });
    wire.isDown = true;
    wire.cut();
    await expect.poll(() => server.connectionExists(connectionId), { timeout: 15_000 }).toBe(false);
    wire.isDown = false;
    expect(await connected.next()).not.toBe(connectionId);
  });

  test('when more is unacknowledged than may be: the client is told, and begins anew', async () => {
    const { server, wire, connectionId, connected, disconnected } = await aWiredClient({
      replayMessages: 10,
    });
    wire.isDown = true;
    wire.cut();
    for (const index of range(11)) await server.sendToUser('ann', { index });
    expect(await server.connectionExists(connectionId)).toBe(false);
    wire.isDown = false;
    await disconnected.next();
    expect(await connected.next()).not.toBe(connectionId);
  });

  test('when more bytes are unacknowledged than may be', async () => {
    const server = serverOf(await aService({ limits: { replayBytes: 1000 } }));
    const { connectionId, messages } = await aClient(server, { userId: 'ann' });
    await server.sendToUser('ann', 'x'.repeat(500));
    await messages.next();
    expect(await server.connectionExists(connectionId)).toBe(true);
    await server.sendToUser('ann', 'x'.repeat(900));
    expect(await server.connectionExists(connectionId)).toBe(false);
  });

  test('a connected client that acknowledges nothing is closed with 1008 when the buffer is full', async () => {
    const server = serverOf(await aService({ limits: { replayMessages: 10 } }));
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const { frames, closed } = await aSocket(url, RELIABLE_V1);
    for (const index of range(11)) await server.sendToUser('ann', { index });
    await frames.take(11);
    expect(await frames.next()).toBe(
      '{"type":"system","event":"disconnected","message":"The reliable message buffer is full."}',
    );
    expect((await closed).code).toBe(1008);
  });
});

test('a client that is closed by the server comes back as another connection', async () => {
  const { server, connectionId, connected, disconnected } = await aWiredClient();
  await server.closeUserConnections('ann', { reason: 'kicked' });
  expect(await disconnected.next()).toBe('kicked');
  expect(await connected.next()).not.toBe(connectionId);
});
