import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../local/web-pubsub/config.ts';
import { ClientEndpoint } from '../../../local/web-pubsub/server/client/client-endpoint.ts';
import { Hubs } from '../../../local/web-pubsub/server/hubs.ts';
import { Upstream } from '../../../local/web-pubsub/server/upstream/upstream.ts';
import { aRefusal, aSocket } from './support.ts';

const log = (): void => undefined;

/** The client endpoint of a service, and the hubs it keeps. */
const anEndpoint = async (): Promise<{ url: string; hubs: Hubs }> => {
  const settings = readConfig({});
  const accessKey = 'a key for tests only, of 32 bytes or more';
  const hubs = new Hubs(settings.limits, () => undefined);
  const upstream = new Upstream(settings, accessKey, '127.0.0.1', log);
  const endpoint = new ClientEndpoint({ settings, accessKey, hubs, upstream, log });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => void endpoint.upgrade(request, socket, head));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    endpoint.stop();
    await upstream.stop(0);
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/client/hubs`, hubs };
};

test('a stranger who names hubs that do not exist leaves nothing behind', async () => {
  const { url, hubs } = await anEndpoint();
  for (const hub of ['one', 'two']) {
    const { closed } = await aSocket(`${url}/${hub}?awps_connection_id=x&awps_reconnection_token=y`);
    expect((await closed).code).toBe(1008);
    expect((await aRefusal(`${url}/${hub}`)).status).toBe(401);
  }
  expect(hubs.all()).toEqual([]);
});
