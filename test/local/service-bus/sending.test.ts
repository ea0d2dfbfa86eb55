import { expect, test } from 'vitest';
import { aBroker, aClient, bodies, contents, receive, receiveOne } from './support.ts';

const queue = { queues: [{ name: 'orders' }] };
const inAnHour = () => new Date(Date.now() + 3_600_000);

test('a batch is as large as the link allows, and each of its messages arrives', async () => {
  const client = aClient(await aBroker(queue));
  const sender = client.createSender('orders');
  const batch = await sender.createMessageBatch();
  expect(batch.maxSizeInBytes).toBe(256 * 1024);
  while (batch.tryAddMessage({ body: Buffer.alloc(10_000), messageId: `m${batch.count}` }));
  expect(batch.count).toBeGreaterThan(20);
  await sender.sendMessages(batch);
  expect(await receive(client.createReceiver('orders'), batch.count)).toHaveLength(batch.count);
});

test('one batch may carry messages of several sessions', async () => {
  const client = aClient(await aBroker({ queues: [{ name: 'chats', RequiresSession: true }] }));
  await client.createSender('chats').sendMessages([
    { body: 'a1', sessionId: 'a' },
    { body: 'b1', sessionId: 'b' },
    { body: 'a2', sessionId: 'a' },
  ]);
  expect(bodies(await receive(await client.acceptSession('chats', 'a'), 2))).toEqual(['a1', 'a2']);
  expect(bodies(await receive(await client.acceptSession('chats', 'b'), 1))).toEqual(['b1']);
});

test('a message of more than 256 KB is refused, sent or scheduled, and the link goes on', async () => {
  const broker = await aBroker(queue);
  const sender = aClient(broker).createSender('orders');
  const tooLarge = { body: Buffer.alloc(256 * 1024) };
  await expect(sender.sendMessages(tooLarge)).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
  await expect(sender.scheduleMessages(tooLarge, inAnHour())).rejects.toMatchObject({
    code: 'MessageSizeExceeded',
  });
  await sender.sendMessages({ body: Buffer.alloc(200 * 1024) });
  expect(await contents(broker, 'orders')).toHaveLength(1);
});

test('a message id is taken once within the duplicate detection window', async () => {
  const broker = await aBroker({ queues: [{ name: 'orders', RequiresDuplicateDetection: true }] });
  const client = aClient(broker);
  const sender = client.createSender('orders');
  await sender.sendMessages({ body: 1, messageId: 'same' });
  await sender.sendMessages({ body: 2, messageId: 'same' });
  await sender.sendMessages([
    { body: 3, messageId: 'same' },
    { body: 4, messageId: 'other' },
  ]);
  expect(bodies(await contents(broker, 'orders'))).toEqual([1, 4]);
  const receiver = client.createReceiver('orders');
  for (const message of await receive(receiver, 2)) await receiver.completeMessage(message);
  await sender.sendMessages({ body: 5, messageId: 'same' }); // consumed, but remembered
  expect(await contents(broker, 'orders')).toEqual([]);
});

test('a scheduled message comes at its time, not before', async () => {
  const client = aClient(await aBroker(queue));
  const sender = client.createSender('orders');
  const at = new Date(Date.now() + 3_000);
  const [number] = await sender.scheduleMessages({ body: 'operation' }, at);
  await sender.sendMessages({ body: 'annotation', scheduledEnqueueTimeUtc: at });
  const receiver = client.createReceiver('orders');
  const [peeked] = await receiver.peekMessages(1);
  expect(peeked).toMatchObject({ body: 'operation', state: 'scheduled' });
  expect(peeked?.sequenceNumber).toEqual(number);
  const messages = await receive(receiver, 2);
  expect(bodies(messages).sort()).toEqual(['annotation', 'operation']);
  for (const message of messages) {
    expect(message.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(at.getTime());
    // As in the cloud, what was scheduled keeps saying so.
    expect(message.state).toBe('scheduled');
  }
});

test('a cancelled message never comes, and cancels only once', async () => {
  const broker = await aBroker(queue);
  const sender = aClient(broker).createSender('orders');
  const [first, second] = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], inAnHour());
  if (!first || !second) throw new Error('No sequence numbers came.');
  await sender.cancelScheduledMessages(first);
  await expect(sender.cancelScheduledMessages([second, first])).rejects.toMatchObject({
    code: 'MessageNotFound',
  });
  expect(bodies(await contents(broker, 'orders'))).toEqual([2]);
});

test('a message without an id gets one', async () => {
  const client = aClient(await aBroker(queue));
  await client.createSender('orders').sendMessages({ body: 1 });
  expect((await receiveOne(client.createReceiver('orders'))).messageId).toMatch(/./);
});

test('an entity that does not exist is named in the error', async () => {
  const client = aClient(await aBroker(queue));
  const notFound = {
    code: 'MessagingEntityNotFound',
    message: expect.stringContaining("The messaging entity 'nowhere' could not be found") as string,
  };
  await expect(client.createSender('nowhere').sendMessages({ body: 1 })).rejects.toMatchObject(notFound);
  await expect(client.createReceiver('nowhere').receiveMessages(1)).rejects.toMatchObject(notFound);
});

test('entities are found without regard to case', async () => {
  const client = aClient(await aBroker(queue));
  await client.createSender('ORDERS').sendMessages({ body: 1 });
  expect((await receiveOne(client.createReceiver('Orders'))).body).toBe(1);
});

test('a message without a session id is refused where sessions are required', async () => {
  const client = aClient(await aBroker({ queues: [{ name: 'chats', RequiresSession: true }] }));
  await expect(client.createSender('chats').sendMessages({ body: 1 })).rejects.toThrow(
    'The SessionId was not set on a message',
  );
});

test('a topic gives each subscription its own copy', async () => {
  const broker = await aBroker({
    topics: [{ name: 'news', subscriptions: [{ name: 'ann' }, { name: 'bo', RequiresSession: true }] }],
  });
  const client = aClient(broker);
  await client.createSender('news').sendMessages({ body: 'hello', sessionId: 's', messageId: 'm' });
  const ann = client.createReceiver('news', 'ann');
  await ann.completeMessage(await receiveOne(ann));
  const bo = await client.acceptNextSession('news', 'bo');
  expect(await receiveOne(bo)).toMatchObject({ body: 'hello', messageId: 'm' });
  expect(await contents(broker, 'news/Subscriptions/ann')).toEqual([]);
});

test('a topic detects duplicates and schedules for all its subscriptions', async () => {
  const broker = await aBroker({
    topics: [
      { name: 'news', RequiresDuplicateDetection: true, subscriptions: [{ name: 'ann' }, { name: 'bo' }] },
    ],
  });
  const client = aClient(broker);
  const sender = client.createSender('news');
  await sender.scheduleMessages({ body: 1, messageId: 'm' }, new Date(Date.now() + 300));
  await sender.sendMessages({ body: 2, messageId: 'm' });
  for (const name of ['ann', 'bo']) {
    expect((await receiveOne(client.createReceiver('news', name))).body).toBe(1);
    expect(await contents(broker, `news/Subscriptions/${name}`)).toHaveLength(1);
  }
});

test('what a subscription dead-letters lies in its own dead-letter queue', async () => {
  const client = aClient(await aBroker({ topics: [{ name: 'news', subscriptions: [{ name: 'ann' }] }] }));
  await client.createSender('news').sendMessages({ body: 1 });
  const ann = client.createReceiver('news', 'ann');
  await ann.deadLetterMessage(await receiveOne(ann));
  const dead = await receiveOne(client.createReceiver('news', 'ann', { subQueueType: 'deadLetter' }));
  expect(dead.deadLetterSource).toBe('news/Subscriptions/ann');
});
