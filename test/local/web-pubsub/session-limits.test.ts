import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  aClient,
  aHubWith,
  anApplication,
  aService,
  aSocket,
  aWire,
  aWiredClient,
  serverOf,
} from './support.ts';

const RELIABLE_V1 = 'json.reliable.webpubsub.azure.v1';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('an event whose sender loses the network', () => {
  const anEventThatLosesItsNetwork = async (ackId?: number) => {
    const gate = Promise.withResolvers<object>();
    const application = await anApplication(() => gate.promise);
    const service = await aService(aHubWith(application.url));
    const wire = await aWire(new URL(`http://127.0.0.1:${service.port}`));
    const retries = { messageRetryOptions: { maxRetries: 20, retryDelayInMs: 50 } };
    const { client } = await aClient(serverOf(service), {}, retries, wire.behind);
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
  test('when the client does not return in time', async () => {
    const { server, wire, connectionId, connected } = await aWiredClient(
      await aService({ limits: { recoverySeconds: 1 } }),
    );
    wire.isDown = true;
    wire.cut();
    await expect.poll(() => server.connectionExists(connectionId), { timeout: 15_000 }).toBe(false);
    wire.isDown = false;
    expect(await connected.next()).not.toBe(connectionId);
  });

  test('when more is unacknowledged than may be: the client is told, and begins anew', async () => {
    const { server, wire, connectionId, connected, disconnected } = await aWiredClient(
      await aService({ limits: { replayMessages: 10 } }),
    );
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
