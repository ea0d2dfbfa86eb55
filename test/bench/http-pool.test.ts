import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpPool } from '../../bench/clients/http-pool.ts';

const listening = async (server: Server): Promise<string> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** An origin that never answers; and when it has been asked for the first time. */
const silentOrigin = async (): Promise<{ origin: string; asked: Promise<unknown> }> => {
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const asked = once(server, 'connection').then(([socket]) => once(socket as Socket, 'data'));
  return { origin: await listening(server), asked };
};

const closedOrigin = async (): Promise<string> => {
  const server = createServer();
  const origin = await listening(server);
  await once(server.close(), 'close');
  return origin;
};

test('requests are refused when nobody listens, also those that waited for a connection', async () => {
  const pool = new HttpPool(await closedOrigin(), 2);
  onTestFinished(() => pool.close());
  const requests = [1, 2, 3, 4, 5].map(() => pool.request('GET', '/', {}));
  const results = await Promise.allSettled(requests);
  expect(results.map(({ status }) => status)).toEqual(requests.map(() => 'rejected'));
  await expect(pool.request('GET', '/', {})).rejects.toThrow('cannot be reached');
});

test('closing refuses what is under way, what waits for its turn, and what is asked later', async () => {
  const { origin, asked } = await silentOrigin();
  const pool = new HttpPool(origin, 1);
  const requests = [1, 2, 3].map(() => pool.request('GET', '/', {}));
  await asked;
  pool.close();
  const results = await Promise.allSettled([...requests, pool.request('GET', '/', {})]);
  expect(results.map(({ status }) => status)).toEqual(results.map(() => 'rejected'));
});
