import { ServiceBusError } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { aBroker, aClient, bodies, collect, contents, receive, receiveOne } from './support.ts';

const queue = { queues: [{ name: 'orders' }] };
const deadLetters = { subQueueType: 'deadLetter' } as const;

test('a message comes back with everything its sender gave', async () => {
  const client = aClient(await aBroker(queue));
  await client.createSender('orders').sendMessages({
    body: { n: 1 },
    messageId: 'm1',
    subject: 'label',
    correlationId: 'c1',
    contentType: 'application/json',
    replyTo: 'answers',
    to: 'me',
    partitionKey: 'p1',
    timeToLive: 60_000,
    applicationProperties: { count: 5, ratio: 1.5, name: 'x', yes: true, at: new Date(7), none: null },
  });
  const message = await receiveOne(client.createReceiver('orders'));
  expect(message).toMatchObject({
    body: { n: 1 },
    messageId: 'm1',
    subject: 'label',
    correlationId: 'c1',
    contentType: 'application/json',
    replyTo: 'answers',
    to: 'me',
    partitionKey: 'p1',
    timeToLive: 60_000,
    deliveryCount: 0,
    state: 'active',
    applicationProperties: { count: 5, ratio: 1.5, name: 'x', yes: true, none: null },
  });
  expect(message.applicationProperties?.at).toBe(7); // so the SDK gives dates
  expect(message.sequenceNumber?.toNumber()).toBeGreaterThan(0);
  expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
  expect(Math.abs(Date.now() - (message.enqueuedTimeUtc?.getTime() ?? 0))).toBeLessThan(5_000);
});

test('the raw sections of a message come back unchanged', async () => {
  const client = aClient(await aBroker(queue));
  const sent = {
    bodyType: 'sequence' as const,
    body: [[1, 'two'], ['three']],
    header: { durable: false, priority: 7, timeToLive: 9_000, firstAcquirer: false },
    footer: { sum: 'abc' },
    messageAnnotations: { note: 'n' },
    properties: { messageId: 'm1', userId: 'u1', groupSequence: 3, contentEncoding: 'gzip' },
    applicationProperties: { a: 1 },
  };
  await client.createSender('orders').sendMessages(sent);
  const { _rawAmqpMessage: raw } = await receiveOne(client.createReceiver('orders'));
  expect(raw.bodyType).toBe('sequence');
  expect((raw.body as { content: unknown }).content).toEqual(sent.body);
  expect(raw.header).toMatchObject(sent.header);
  expect(raw.footer).toEqual(sent.footer);
  expect(raw.messageAnnotations).toMatchObject(sent.messageAnnotations);
  expect(raw.properties).toMatchObject({ messageId: 'm1', groupSequence: 3, contentEncoding: 'gzip' });
});

test('a completed message is gone', async () => {
  const broker = await aBroker(queue);
  const client = aClient(broker);
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages({ body: 1 });
  await receiver.completeMessage(await receiveOne(receiver));
  expect(await contents(broker, 'orders')).toEqual([]);
});

test('what is received and deleted is gone at once', async () => {
  const broker = await aBroker(queue);
  const client = aClient(broker);
  await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  expect(bodies(await receive(receiver, 2))).toEqual([1, 2]);
  expect(await contents(broker, 'orders')).toEqual([]);
});

test('an abandoned message comes again, counted and with its changed properties', async () => {
  const client = aClient(await aBroker(queue));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages({ body: 1, applicationProperties: { kept: 1, old: 1 } });
  await receiver.abandonMessage(await receiveOne(receiver), { old: 2, added: 'x' });
  const again = await receiveOne(receiver);
  expect(again.deliveryCount).toBe(1);
  expect(again.applicationProperties).toEqual({ kept: 1, old: 2, added: 'x' });
});

test('an abandoned message keeps its place before those behind it', async () => {
  const client = aClient(await aBroker(queue));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
  await receiver.abandonMessage(await receiveOne(receiver));
  expect(bodies(await receive(receiver, 3))).toEqual([1, 2, 3]);
});

test('a deferred message is received by its sequence number only', async () => {
  const client = aClient(await aBroker(queue));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages([{ body: 'deferred' }, { body: 'other' }]);
  const first = await receiveOne(receiver);
  await receiver.deferMessage(first, { why: 'later' });
  expect((await receiveOne(receiver)).body).toBe('other');
  const [deferred] = await receiver.receiveDeferredMessages(first.sequenceNumber ?? []);
  expect(deferred).toMatchObject({
    body: 'deferred',
    deliveryCount: 1,
    state: 'deferred',
    applicationProperties: { why: 'later' },
  });
  if (deferred) await receiver.completeMessage(deferred);
  await expect(receiver.receiveDeferredMessages(first.sequenceNumber ?? [])).rejects.toMatchObject({
    code: 'MessageNotFound',
  });
});

test('a dead-lettered message keeps its body, reason and description', async () => {
  const client = aClient(await aBroker(queue));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages({ body: 'bad', applicationProperties: { a: 1 } });
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'broken',
    deadLetterErrorDescription: 'cannot be read',
    extra: 'x',
  });
  const dead = await receiveOne(client.createReceiver('orders', deadLetters));
  expect(dead).toMatchObject({
    body: 'bad',
    deadLetterReason: 'broken',
    deadLetterErrorDescription: 'cannot be read',
    deadLetterSource: 'orders',
  });
  expect(dead.applicationProperties).toMatchObject({ a: 1, extra: 'x' });
});

test('a message delivered too often is dead-lettered with its delivery count', async () => {
  const client = aClient(await aBroker({ queues: [{ name: 'orders', MaxDeliveryCount: 2 }] }));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages({ body: 'poison' });
  await receiver.abandonMessage(await receiveOne(receiver));
  await receiver.abandonMessage(await receiveOne(receiver));
  const dead = await receiveOne(client.createReceiver('orders', deadLetters));
  expect(dead).toMatchObject({
    body: 'poison',
    deliveryCount: 2,
    deadLetterReason: 'MaxDeliveryCountExceeded',
    deadLetterErrorDescription: 'Message could not be consumed after 2 delivery attempts.',
  });
});

test('a message of a dead-letter queue cannot be dead-lettered, and abandoning it is not counted', async () => {
  const client = aClient(await aBroker(queue));
  const receiver = client.createReceiver('orders');
  await client.createSender('orders').sendMessages({ body: 1 });
  await receiver.deadLetterMessage(await receiveOne(receiver));
  const dead = client.createReceiver('orders', deadLetters);
  await expect(dead.deadLetterMessage(await receiveOne(dead))).rejects.toBeInstanceOf(ServiceBusError);
  const again = await receiveOne(dead);
  expect(again.deliveryCount).toBe(0);
  await dead.abandonMessage(again);
  expect((await receiveOne(dead)).deliveryCount).toBe(0);
});

test('when a lock expires the message comes again, counted, and the old lock settles nothing', async () => {
  const client = aClient(await aBroker({ queues: [{ name: 'orders', LockDuration: 'PT5S' }] }));
  const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
  await client.createSender('orders').sendMessages({ body: 1 });
  const first = await receiveOne(receiver);
  const second = await receiveOne(receiver);
  expect(second.deliveryCount).toBe(1);
  await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' });
  await receiver.completeMessage(second);
});

test('a renewed lock lasts its full duration again from now', async () => {
  const client = aClient(await aBroker({ queues: [{ name: 'orders', LockDuration: 'PT30S' }] }));
  const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
  await client.createSender('orders').sendMessages({ body: 1 });
  const message = await receiveOne(receiver);
  const until = await receiver.renewMessageLock(message);
  expect(Math.abs(until.getTime() - Date.now() - 30_000)).toBeLessThan(3_000);
  await receiver.completeMessage(message);
  await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
});

test('a lock outlives the receiver that got it', async () => {
  const broker = await aBroker(queue);
  const client = aClient(broker);
  await client.createSender('orders').sendMessages([1, 2, 3, 4].map((body) => ({ body })));
  const receiver = client.createReceiver('orders');
  const [done, abandoned, deferred, dead] = await receive(receiver, 4);
  if (!done || !abandoned || !deferred || !dead) throw new Error('unreachable');
  await receiver.close();
  const other = client.createReceiver('orders');
  await other.completeMessage(done);
  await other.abandonMessage(abandoned);
  await other.deferMessage(deferred);
  await other.deadLetterMessage(dead);
  expect((await receiveOne(other)).deliveryCount).toBe(1);
  expect((await contents(broker, 'orders')).map((m) => [m.body as unknown, m.state])).toEqual([
    [2, 'active'],
    [3, 'deferred'],
  ]);
  expect(bodies(await contents(broker, 'orders', deadLetters))).toEqual([4]);
});

test('many messages are handled with no more than maxConcurrentCalls at once, none lost or doubled', async () => {
  const client = aClient(await aBroker(queue));
  const count = 3_000; // more than the 2,048 deliveries an AMQP session of the client holds
  const sender = client.createSender('orders');
  for (let from = 0; from < count; from += 500) {
    await sender.sendMessages(Array.from({ length: 500 }, (_, i) => ({ body: from + i })));
  }
  let running = 0;
  let most = 0;
  const handle = async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  };
  const messages = await collect(client.createReceiver('orders'), count, handle, { maxConcurrentCalls: 7 });
  expect(most).toBe(7);
  expect(new Set(bodies(messages)).size).toBe(count);
});

test('what arrives after a receiver was closed is found by the next, in both receive modes', async () => {
  const client = aClient(await aBroker(queue));
  const sender = client.createSender('orders');
  for (const receiveMode of ['peekLock', 'receiveAndDelete'] as const) {
    await sender.sendMessages({ body: 'before' });
    const first = client.createReceiver('orders', { receiveMode });
    const before = await receiveOne(first);
    if (receiveMode === 'peekLock') await first.completeMessage(before);
    await first.close();
    await sender.sendMessages({ body: 'after' });
    const second = client.createReceiver('orders', { receiveMode });
    const after = await receiveOne(second);
    if (receiveMode === 'peekLock') await second.completeMessage(after);
    expect([before.body, after.body]).toEqual(['before', 'after']);
  }
});

test('peeking shows every message in order, locked or not, and takes none', async () => {
  const broker = await aBroker(queue);
  const client = aClient(broker);
  await client
    .createSender('orders')
    .sendMessages([1, 2, 3].map((body) => ({ body, messageId: `m${body}` })));
  const receiver = client.createReceiver('orders');
  const locked = await receiveOne(receiver);
  const peeked = [...(await receiver.peekMessages(2)), ...(await receiver.peekMessages(2))];
  expect(bodies(peeked)).toEqual([1, 2, 3]);
  expect(peeked[0]?.lockToken).toBeUndefined();
  expect(await receiver.peekMessages(1)).toEqual([]);
  const [bare] = await receiver.peekMessages(1, {
    fromSequenceNumber: locked.sequenceNumber,
    omitMessageBody: true,
  } as Parameters<typeof receiver.peekMessages>[1]);
  expect(bare).toMatchObject({ messageId: 'm1', body: undefined });
});
