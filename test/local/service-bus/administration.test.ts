import { expect, test } from 'vitest';
import { aBroker, aClient, anAdministrator, bodies, contents, receive, receiveOne } from './support.ts';

test('a queue is made as described, used, changed and deleted', async () => {
  const broker = await aBroker({ made: ['orders'] });
  const admin = anAdministrator(broker);
  const made = await admin.createQueue('orders', {
    lockDuration: 'PT30S',
    requiresSession: true,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT1M',
    defaultMessageTimeToLive: 'P1D',
    deadLetteringOnMessageExpiration: true,
    maxDeliveryCount: 7,
    userMetadata: 'mine & yours',
  });
  const described = {
    name: 'orders',
    lockDuration: 'PT30S',
    requiresSession: true,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT1M',
    defaultMessageTimeToLive: 'P1D',
    deadLetteringOnMessageExpiration: true,
    maxDeliveryCount: 7,
    userMetadata: 'mine & yours',
    status: 'Active',
  };
  expect(made).toMatchObject(described);
  expect(await admin.getQueue('orders')).toMatchObject(described);
  const client = aClient(broker);
  await client.createSender('orders').sendMessages({ body: 1, sessionId: 's' });
  expect((await receiveOne(await client.acceptSession('orders', 's'))).body).toBe(1);
  const changed = await admin.updateQueue({ ...(await admin.getQueue('orders')), maxDeliveryCount: 9 });
  expect(changed.maxDeliveryCount).toBe(9);
  await admin.deleteQueue('orders');
  expect(await admin.queueExists('orders')).toBe(false);
});

test('counts tell what a queue holds, and nothing right after the last message was taken', async () => {
  const broker = await aBroker({ queues: [{ name: 'orders' }] });
  const admin = anAdministrator(broker);
  const client = aClient(broker);
  const sender = client.createSender('orders');
  const receiver = client.createReceiver('orders');
  await sender.sendMessages([{ body: 1 }, { body: 2 }]);
  await sender.scheduleMessages({ body: 3 }, new Date(Date.now() + 3_600_000));
  await receiver.deadLetterMessage(await receiveOne(receiver));
  expect(await admin.getQueueRuntimeProperties('orders')).toMatchObject({
    totalMessageCount: 3,
    activeMessageCount: 1,
    scheduledMessageCount: 1,
    deadLetterMessageCount: 1,
  });
  const other = await aBroker({ queues: [{ name: 'orders' }] });
  const deleting = aClient(other).createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  await aClient(other).createSender('orders').sendMessages({ body: 1 });
  await receive(deleting, 1);
  const { totalMessageCount } = await anAdministrator(other).getQueueRuntimeProperties('orders');
  expect(totalMessageCount).toBe(0);
});

test('topics, subscriptions and rules are made, listed, changed and deleted', async () => {
  const broker = await aBroker({ made: ['news/world'] });
  const admin = anAdministrator(broker);
  await admin.createTopic('news/world');
  await admin.createSubscription('news/world', 'ann', {
    maxDeliveryCount: 3,
    defaultRuleOptions: { name: 'first', filter: { sqlExpression: "a = '1'" } },
  });
  await admin.createSubscription('news/world', 'bo');
  const at = new Date(0);
  await admin.createRule(
    'news/world',
    'bo',
    'rule',
    {
      correlationId: 'c',
      applicationProperties: { text: 'x', n: 1.5, yes: true, at },
    },
    { sqlExpression: 'SET b = 1' },
  );
  expect(await admin.getRule('news/world', 'ann', 'first')).toMatchObject({
    name: 'first',
    filter: { sqlExpression: "a = '1'" },
  });
  expect(await admin.getRule('news/world', 'bo', 'rule')).toMatchObject({
    filter: { correlationId: 'c', applicationProperties: { text: 'x', n: 1.5, yes: true, at } },
    action: { sqlExpression: 'SET b = 1' },
  });
  expect(await namesOf(admin.listSubscriptions('news/world'), 'subscriptionName')).toEqual(['ann', 'bo']);
  expect(await namesOf(admin.listRules('news/world', 'bo'), 'name')).toEqual(['$Default', 'rule']);
  expect(await namesOf(admin.listTopics(), 'name')).toEqual(['news/world']);
  await admin.updateRule('news/world', 'ann', {
    ...(await admin.getRule('news/world', 'ann', 'first')),
    filter: { sqlExpression: "a = '2'" },
  });
  const sender = aClient(broker).createSender('news/world');
  await sender.sendMessages([1, 2].map((n) => ({ body: n, applicationProperties: { a: String(n) } })));
  expect(bodies(await contents(broker, 'news/world/Subscriptions/ann'))).toEqual([2]);
  expect(await admin.getTopicRuntimeProperties('news/world')).toMatchObject({ subscriptionCount: 2 });
  expect(await admin.getSubscriptionRuntimeProperties('news/world', 'bo')).toMatchObject({
    activeMessageCount: 2,
  });
  await admin.deleteRule('news/world', 'bo', 'rule');
  await admin.deleteSubscription('news/world', 'ann');
  expect(await admin.subscriptionExists('news/world', 'ann')).toBe(false);
  await admin.deleteTopic('news/world');
  expect(await admin.topicExists('news/world')).toBe(false);
});

test('pages are as large as asked for', async () => {
  const queues = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
  const admin = anAdministrator(await aBroker({ queues }));
  const pages: number[] = [];
  for await (const page of admin.listQueues().byPage({ maxPageSize: 2 })) pages.push(page.length);
  expect(pages.filter((size) => size > 0)).toEqual([2, 2, 1]);
});

test('what exists already or is not there is refused', async () => {
  const admin = anAdministrator(await aBroker({ queues: [{ name: 'orders' }] }));
  await expect(admin.createQueue('orders')).rejects.toMatchObject({
    code: 'MessageEntityAlreadyExistsError',
  });
  await expect(admin.getQueue('nowhere')).rejects.toMatchObject({ statusCode: 404 });
  await expect(admin.deleteQueue('nowhere')).rejects.toMatchObject({ statusCode: 404 });
});

test('when an entity is deleted its links end; a new one of the name starts empty', async () => {
  const broker = await aBroker({ queues: [{ name: 'orders' }, { name: 'chats', RequiresSession: true }] });
  const admin = anAdministrator(broker);
  const client = aClient(broker);
  const sender = client.createSender('orders');
  const receiver = client.createReceiver('orders');
  await sender.sendMessages([{ body: 'old' }, { body: 'old' }]);
  await receiver.peekMessages(2);
  const ended = new Promise<unknown>((resolve) => {
    receiver.subscribe(
      {
        processMessage: () => Promise.resolve(),
        processError: (args) => {
          resolve(args.error);
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: false },
    );
  });
  const waiting = client.acceptNextSession('chats').catch((error: unknown) => error);
  await client.acceptSession('chats', 'mine');
  await admin.deleteQueue('chats');
  expect(await waiting).toMatchObject({ code: 'MessagingEntityNotFound' });
  await admin.deleteQueue('orders');
  expect(await ended).toMatchObject({ code: 'MessagingEntityNotFound' });
  await admin.createQueue('orders');
  const again = aClient(broker);
  await again.createSender('orders').sendMessages({ body: 'new' });
  expect(bodies(await contents(broker, 'orders'))).toEqual(['new']);
});

async function namesOf<T, K extends keyof T>(items: AsyncIterable<T>, key: K): Promise<T[K][]> {
  const names: T[K][] = [];
  for await (const item of items) names.push(item[key]);
  return names;
}
