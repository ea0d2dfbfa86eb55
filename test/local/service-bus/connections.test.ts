import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import rhea from 'rhea';
import type { Connection } from 'rhea';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from './amqp-client.ts';
import { selfSignedCertificate } from './certificate.ts';
import { aBroker, aClient, receiveOne } from './support.ts';

const queue = { queues: [{ name: 'orders' }] };

test('an idle connection is kept alive by the broker’s heartbeats', async () => {
  const broker = await aBroker(queue);
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: broker.port, reconnect: false, idle_time_out: 1_000 });
  connection.on('disconnected', () => undefined);
  onTestFinished(() => {
    connection.close();
  });
  await once(connection, 'connection_open');
  const { socket } = connection as unknown as { socket: NodeJS.ReadableStream };
  // Empty frames; without them the client would give up after two seconds.
  for (let heartbeats = 0; heartbeats < 5; heartbeats++) {
    const [bytes] = (await once(socket as never, 'data')) as [Buffer];
    expect(bytes.toString('hex')).toBe('0000000802000000');
  }
  expect(connection.is_open()).toBe(true);
});

test('a client that closes its connection is answered', async () => {
  const connection = await connect(await aBroker(queue));
  const closed = once(connection, 'connection_close');
  connection.close();
  await closed;
});

test('stopping the broker ends its connections and frees its port', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const ended = once(connection, 'disconnected');
  await broker.stop();
  await ended;
  const again = await aBroker(queue, { port: broker.port });
  expect(again.port).toBe(broker.port);
});

test('with a certificate the same port speaks AMQP and administration by TLS, and both without', async () => {
  const tls = selfSignedCertificate();
  const broker = await aBroker(queue, { tls });
  const connection = await connectByTls(broker.port, tls.cert);
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  sender.send({ body: 'by TLS' });
  await once(sender, 'accepted');
  expect((await receiveOne(aClient(broker).createReceiver('orders'))).body).toBe('by TLS');
  const options = { host: '127.0.0.1', port: broker.port, path: '/orders', ca: tls.cert };
  const call = request(options).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  expect(await text(response)).toContain('<QueueDescription');
  expect(await (await fetch(`http://127.0.0.1:${broker.port}/orders`)).text()).toContain('<QueueDescription');
});

async function connectByTls(port: number, ca: string): Promise<Connection> {
  const connection = rhea.create_container().connect({
    transport: 'tls',
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    reconnect: false,
  } as never);
  connection.on('disconnected', () => undefined);
  onTestFinished(() => {
    connection.close();
  });
  await once(connection, 'connection_open');
  return connection;
}
