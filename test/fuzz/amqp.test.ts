import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import type { ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  amqpHeader,
  minimalOpen,
  recordClient,
  saslAnonymous,
} from '../local/service-bus/recorded-client.ts';
import { aBroker, aClient, receiveOne } from '../local/service-bus/support.ts';
import { rounds, timeout } from './budget.ts';

/** Damaged recordings of good AMQP sessions, at a broker that goes on serving a client that does nothing wrong. */

interface Damage {
  header: Buffer;
  open: Buffer;
  flips: [at: number, bit: number][];
  /** Of all bytes; what is behind is not sent. */
  until: number;
  repeat: [from: number, length: number];
  isCut: boolean;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  header: fc.constantFrom(amqpHeader, amqpHeader, saslAnonymous, Buffer.alloc(0)),
  open: fc.constantFrom(minimalOpen, Buffer.alloc(0)),
  flips: fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 8 }),
  until: fc.nat(),
  repeat: fc.tuple(fc.nat(), fc.nat(200)),
  isCut: fc.boolean(),
});

const damaged = (recorded: Buffer, { header, open, flips, until, repeat, isCut }: Damage): Buffer => {
  const bytes = Buffer.from(recorded);
  for (const [at, bit] of flips)
    bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ (1 << bit), at % bytes.length);
  const [from, length] = [repeat[0] % bytes.length, repeat[1]];
  const whole = Buffer.concat([header, open, bytes.subarray(0, from + length), bytes.subarray(from)]);
  return isCut ? whole.subarray(0, until % whole.length) : whole;
};

/** Writes them in two parts, and is gone; resolves when the broker has let go. */
const throwAt = async (port: number, bytes: Buffer): Promise<void> => {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.resume();
  const half = Math.floor(bytes.length / 2);
  socket.write(bytes.subarray(0, half));
  socket.end(bytes.subarray(half));
  if (!socket.closed) await once(socket, 'close');
};

/** The healthy client sends, and gets what it sent among whatever the damaged ones managed to send. */
const isServed = async (
  sender: ServiceBusSender,
  receiver: ServiceBusReceiver,
  messageId: string,
): Promise<void> => {
  await sender.sendMessages({ body: 'healthy', messageId });
  for (;;) {
    const message = await receiveOne(receiver);
    await receiver.completeMessage(message);
    if (message.messageId === messageId) {
      expect(message.body).toBe('healthy');
      return;
    }
  }
};

test('damaged sessions harm nobody but themselves', { timeout }, async () => {
  const broker = await aBroker({ queues: [{ name: 'orders' }] });
  const recorded = await recordClient(broker.port);
  const client = aClient(broker);
  const [sender, receiver] = [client.createSender('orders'), client.createReceiver('orders')];
  await rounds('damaged sessions', async (seed) => {
    const all = fc.sample(damages, { seed, numRuns: 200 });
    for (let at = 0; at < all.length; at += 20) {
      await Promise.all(
        all.slice(at, at + 20).map((damage) => throwAt(broker.port, damaged(recorded, damage))),
      );
      await isServed(sender, receiver, `${seed}-${at}`);
    }
  });
});
