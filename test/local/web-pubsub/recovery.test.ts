import { describe, expect, test } from 'vitest';
import { aClient, anyService, aSocket, serverOf } from './support.ts';

const RELIABLE_V1 = 'json.reliable.webpubsub.azure.v1';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a reliable client whose network fails', () => {
  test('is told again what it had not acknowledged, and no more', async () => {
    const service = await anyService();
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
    const service = await anyService();
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

describe('a session is over', () => {
  const expectRefused = async (url: string, connectionId: string, token: string) => {
    const recovery = `${url}&awps_connection_id=${connectionId}&awps_reconnection_token=${token}`;
    const { closed, frames } = await aSocket(recovery, RELIABLE_V1);
    expect((await closed).code).toBe(1008);
    expect(frames.size).toBe(0);
  };

  test('for a connection that does not exist, and for a wrong token', async () => {
    const server = serverOf(await anyService());
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    await expectRefused(url, 'nobody', 'nothing');
    const { frames } = await aSocket(url, RELIABLE_V1);
    const { connectionId } = JSON.parse((await frames.next()) as string) as { connectionId: string };
    await expectRefused(url, connectionId, 'nothing');
    expect(await server.connectionExists(connectionId)).toBe(true);
  });

  test.each([1000, 1001, undefined])('once the client has closed with %s', async (code) => {
    const server = serverOf(await anyService());
    const { url } = await server.getClientAccessToken({ userId: 'ann' });
    const { socket, frames, closed } = await aSocket(url, RELIABLE_V1);
    const { connectionId, reconnectionToken } = JSON.parse((await frames.next()) as string) as Record<
      'connectionId' | 'reconnectionToken',
      string
    >;
    socket.close(code);
    await closed;
    // The service may hear of the end a little after the client.
    await expect.poll(() => server.userExists('ann')).toBe(false);
    await expectRefused(url, connectionId, reconnectionToken);
  });
});

test('a client that is closed by the server comes back as another connection', async () => {
  const server = serverOf(await anyService());
  const { connectionId, connected, disconnected } = await aClient(server, { userId: 'ann' });
  await server.closeUserConnections('ann', { reason: 'kicked' });
  expect(await disconnected.next()).toBe('kicked');
  expect(await connected.next()).not.toBe(connectionId);
});
