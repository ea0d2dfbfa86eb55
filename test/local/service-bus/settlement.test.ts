import { expect, test } from 'vitest';
import {
  aBroker,
  aClient,
  anAdministrator,
  bodies,
  collect,
  contents,
  receive,
  receiveOne,
} from './support.ts';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';

const both = {
  queues: [{ name: 'plain' }, { name: 'sessions', RequiresSession: true }],
  topics: [{ name: 'news', subscriptions: [{ name: 'ann' }, { name: 'bo', RequiresSession: true }] }],
};

/** One way to send to and receive from each kind of entity. */
const kinds = [
  { kind: 'queue', target: 'plain', session: false, path: ['plain'] },
  { kind: 'queue with sessions', target: 'sessions', session: true, path: ['sessions'] },
  { kind: 'subscription', target: 'news', session: false, path: ['news', 'ann'] },
  { kind: 'subscription with sessions', target: 'news', session: true, path: ['news', 'bo'] },
] as const;

async function setUp({ target, session, path }: (typeof kinds)[number]) {
  const client = aClient(await aBroker(both));
  const sender = client.createSender(target);
  const [name, subscription] = path as readonly [string, string?];
  const receiver: ServiceBusReceiver = session
    ? await (subscription === undefined
        ? client.acceptSession(name, 's')
        : client.acceptSession(name, subscription, 's'))
    : subscription === undefined
      ? client.createReceiver(name)
      : client.createReceiver(name, subscription);
  const deadLetters =
    subscription === undefined
      ? client.createReceiver(name, { subQueueType: 'deadLetter' })
      : client.createReceiver(name, subscription, { subQueueType: 'deadLetter' });
  return {
    receiver,
    deadLetters,
    send: (body: unknown) =>
      sender.sendMessages({
        body,
        sessionId: 's',
        applicationProperties: { original: 'o', changed: 'before' },
      }),
  };
}

const changes = { changed: 'after', number: 3, flag: true };
const merged = { original: 'o', ...changes };

test.each(kinds)(
  '$kind: every settlement, on the link and by lock token, changes properties',
  async (kind) => {
    const { receiver, deadLetters, send } = await setUp(kind);
    await send('x');
    await receiver.abandonMessage(await receiveOne(receiver), changes);
    const abandoned = await receiveOne(receiver);
    expect([abandoned.applicationProperties, abandoned.deliveryCount]).toEqual([merged, 1]);

    await receiver.deferMessage(abandoned, { deferred: 1 });
    const deferred = await fetchDeferred(receiver, abandoned);
    expect([deferred.applicationProperties, deferred.deliveryCount]).toEqual([{ ...merged, deferred: 1 }, 2]);

    // A deferred message has no delivery on the link: this goes through $management.
    await receiver.abandonMessage(deferred, { again: 1 });
    const again = await fetchDeferred(receiver, abandoned);
    expect([again.applicationProperties, again.deliveryCount]).toEqual([
      { ...merged, deferred: 1, again: 1 },
      3,
    ]);

    await receiver.deadLetterMessage(again, {
      deadLetterReason: 'r',
      deadLetterErrorDescription: 'd',
      dead: 1,
    });
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({
      body: 'x',
      deliveryCount: 3,
      deadLetterReason: 'r',
      deadLetterErrorDescription: 'd',
    });
    expect(dead.applicationProperties).toMatchObject({ ...merged, deferred: 1, again: 1, dead: 1 });
    await deadLetters.completeMessage(dead);
  },
);

test.each(kinds)('$kind: messages are received in batches and streams', async (kind) => {
  const { receiver, send } = await setUp(kind);
  for (const body of [1, 2, 3, 4, 5]) await send(body);
  for (const message of await receive(receiver, 2)) await receiver.completeMessage(message);
  const streamed = await collect(receiver, 3);
  expect(bodies(streamed)).toEqual([3, 4, 5]);
});

test('a deferred message can be deferred, deleted on receipt, or waited for in vain', async () => {
  const broker = await aBroker(both);
  const client = aClient(broker);
  await client.createSender('plain').sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = client.createReceiver('plain');
  const [first, second] = await receive(receiver, 2);
  if (!first || !second) throw new Error('unreachable');
  await receiver.deferMessage(first);
  await receiver.deferMessage(second);
  const deferred = await fetchDeferred(receiver, first);
  // Locked, so for others it is not there.
  await expect(fetchDeferred(client.createReceiver('plain'), first)).rejects.toMatchObject({
    code: 'MessageNotFound',
  });
  await receiver.deferMessage(deferred);
  expect((await fetchDeferred(receiver, first)).deliveryCount).toBe(2);
  const deleting = client.createReceiver('plain', { receiveMode: 'receiveAndDelete' });
  expect((await fetchDeferred(deleting, second)).body).toBe(2);
  expect(bodies(await contents(broker, 'plain'))).toEqual([1]);
});

test('thousands of unsettled messages are no obstacle', { timeout: 60_000 }, async () => {
  const broker = await aBroker(both);
  const client = aClient(broker);
  const count = 2_500;
  const sender = client.createSender('plain');
  for (let n = 0; n < count; n += 500) {
    await sender.sendMessages(Array.from({ length: 500 }, (_, i) => ({ body: n + i })));
  }
  // An AMQP session of the client holds 2,047 deliveries, so two receivers share them.
  const receivers = [client.createReceiver('plain'), client.createReceiver('plain')];
  const held = await Promise.all(receivers.map((receiver) => receive(receiver, count / 2)));
  expect(new Set(held.flatMap(bodies)).size).toBe(count);
  await Promise.all(
    receivers.flatMap((receiver, i) => (held[i] ?? []).map((message) => receiver.completeMessage(message))),
  );
  const { totalMessageCount } = await anAdministrator(broker).getQueueRuntimeProperties('plain');
  expect(totalMessageCount).toBe(0);
});

async function fetchDeferred(
  receiver: ServiceBusReceiver,
  { sequenceNumber }: ServiceBusReceivedMessage,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveDeferredMessages(sequenceNumber ?? []);
  if (!message) throw new Error('The deferred message did not come.');
  return message;
}
