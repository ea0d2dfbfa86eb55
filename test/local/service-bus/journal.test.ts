import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import rhea, { type EventContext } from 'rhea';
import { expect, onTestFinished, test } from 'vitest';
import { described, encodeValues, type TypedValue, types } from '../../../local/service-bus/codec/values.ts';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import { connect } from './amqp-client.ts';
import {
  aBroker,
  aClient,
  aConfig,
  anAdministrator,
  bodies,
  contents,
  receive,
  receiveOne,
} from './support.ts';

const main = resolve('local/service-bus/main.ts');
/** A time as a long, where a timestamp or a uint belongs. */
const farAway = rhea.types.wrap_long(2 ** 62) as unknown as TypedValue;
const inAnHour = () => new Date(Date.now() + 3_600_000);

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'service-bus-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The broker in a process of its own, which is killed at the latest when the test is over. */
async function aBrokerProcess(folder: string, entities: Parameters<typeof aConfig>[0]) {
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify(aConfig(entities)));
  const args = [main, '--config', configFile, '--port', '0', '--data', join(folder, 'data')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => kill(child));
  const [ready] = (await once(child, 'message')) as [
    { type: string; port: number; connectionString: string },
  ];
  return { ...ready, child, kill: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('what was acknowledged survives kill -9', { timeout: 60_000 }, async () => {
  const folder = await aFolder();
  const entities = {
    queues: [
      { name: 'orders', RequiresDuplicateDetection: true },
      { name: 'chats', RequiresSession: true },
    ],
    topics: [{ name: 'news', subscriptions: [{ name: 'ann' }] }],
  };
  const before = await aBrokerProcess(folder, entities);
  expect(before).toMatchObject({ type: 'ready', port: expect.any(Number) as number });
  const lost = aClient(before);
  const orders = lost.createSender('orders');
  const receiver = lost.createReceiver('orders');
  await orders.sendMessages(
    ['done', 'deferred', 'dead', 'abandoned', 'locked', 'untouched'].map((body) => ({
      body,
      messageId: body,
    })),
  );
  const [done, deferred, dead, abandoned] = await receive(receiver, 5);
  if (!done || !deferred || !dead || !abandoned) throw new Error('unreachable');
  await receiver.completeMessage(done);
  await receiver.deferMessage(deferred, { why: 'later' });
  await receiver.deadLetterMessage(dead, { deadLetterReason: 'bad', deadLetterErrorDescription: 'x' });
  await receiver.abandonMessage(abandoned);
  const [scheduled] = await orders.scheduleMessages({ body: 'scheduled', messageId: 's' }, inAnHour());
  await lost.createSender('chats').sendMessages([1, 2].map((body) => ({ body, sessionId: 'a' })));
  await (await lost.acceptSession('chats', 'a')).setSessionState('kept');
  await lost.createSender('news').sendMessages({ body: 'news' });

  await before.kill();
  const after = await aBrokerProcess(folder, entities);

  const kept = await contents(after, 'orders');
  expect(kept.map((message) => [message.body as unknown, message.state, message.deliveryCount])).toEqual([
    ['deferred', 'deferred', 1],
    ['abandoned', 'active', 1],
    ['locked', 'active', 0],
    ['untouched', 'active', 0],
    ['scheduled', 'scheduled', 0],
  ]);
  expect(kept[0]?.applicationProperties).toEqual({ why: 'later' });
  const client = aClient(after);
  const [dlq] = await contents(after, 'orders', { subQueueType: 'deadLetter' });
  expect(dlq).toMatchObject({ body: 'dead', deadLetterReason: 'bad', deadLetterSource: 'orders' });
  const [again] = await client
    .createReceiver('orders')
    .receiveDeferredMessages(deferred.sequenceNumber ?? []);
  expect(again?.body).toBe('deferred');
  if (scheduled) await client.createSender('orders').cancelScheduledMessages(scheduled);
  await client.createSender('orders').sendMessages({ body: 'twice', messageId: 'done' });
  expect(bodies(await contents(after, 'orders'))).not.toContain('twice');
  const session = await client.acceptSession('chats', 'a');
  expect(await session.getSessionState()).toBe('kept');
  expect(bodies(await receive(session, 2))).toEqual([1, 2]);
  expect((await receiveOne(client.createReceiver('news', 'ann'))).body).toBe('news');
});

test(
  'every message acknowledged before kill -9 in the middle of traffic is there afterwards',
  { timeout: 60_000 },
  async () => {
    const folder = await aFolder();
    const entities = { queues: [{ name: 'orders' }] };
    const before = await aBrokerProcess(folder, entities);
    const sender = aClient(before, { timeoutInMs: 2_000 }).createSender('orders');
    const acknowledged: number[] = [];
    let next = 0;
    const sending = Array.from({ length: 20 }, async () => {
      for (;;) {
        const body = next++;
        await sender.sendMessages({ body });
        acknowledged.push(body);
        if (acknowledged.length === 500) void before.kill();
      }
    });
    await Promise.allSettled(sending);
    const after = await aBrokerProcess(folder, entities);
    const kept = new Set<unknown>();
    const receiver = aClient(after).createReceiver('orders', { receiveMode: 'receiveAndDelete' });
    const numbers: number[] = [];
    while (acknowledged.some((body) => !kept.has(body))) {
      for (const message of await receive(receiver, 1)) {
        kept.add(message.body);
        numbers.push(message.sequenceNumber?.toNumber() ?? 0);
      }
    }
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  },
);

test('sequence numbers never go back, even when all messages are gone', async () => {
  const dataDir = await aFolder();
  const first = await startServiceBus({
    port: 0,
    dataDir,
    config: aConfig({ queues: [{ name: 'orders' }] }),
  });
  const client = aClient(first);
  const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
  await receive(receiver, 2);
  await first.stop();
  const second = aClient(await aBroker({ queues: [{ name: 'orders' }] }, { dataDir }));
  await second.createSender('orders').sendMessages({ body: 3 });
  const message = await receiveOne(second.createReceiver('orders'));
  expect(message.sequenceNumber?.toNumber()).toBe(3);
});

test('a message whose time passed while the broker was down is expired or delivered at once', async () => {
  const dataDir = await aFolder();
  const entities = { queues: [{ name: 'orders', DeadLetteringOnMessageExpiration: true }] };
  const first = await startServiceBus({ port: 0, dataDir, config: aConfig(entities) });
  const sender = aClient(first).createSender('orders');
  const soon = Date.now() + 1_000;
  await sender.sendMessages({ body: 'expires', timeToLive: 400 });
  await sender.scheduleMessages({ body: 'due' }, new Date(soon));
  await first.stop();
  await clockReaches(soon);
  const client = aClient(await aBroker(entities, { dataDir }));
  expect((await receiveOne(client.createReceiver('orders'))).body).toBe('due');
  const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
  expect(dead).toMatchObject({ body: 'expires', deadLetterReason: 'TTLExpiredException' });
});

test('properties that were changed in abandoning a dead letter are there after a restart', async () => {
  const dataDir = await aFolder();
  const entities = { queues: [{ name: 'orders' }] };
  const first = await startServiceBus({ port: 0, dataDir, config: aConfig(entities) });
  const client = aClient(first);
  await client.createSender('orders').sendMessages({ body: 1 });
  const receiver = client.createReceiver('orders');
  await receiver.deadLetterMessage(await receiveOne(receiver));
  const dead = client.createReceiver('orders', { subQueueType: 'deadLetter' });
  await dead.abandonMessage(await receiveOne(dead), { lookedAt: 'today' });
  await client.close();
  await first.stop();
  const again = aClient(await aBroker(entities, { dataDir }));
  const kept = await receiveOne(again.createReceiver('orders', { subQueueType: 'deadLetter' }));
  expect(kept.applicationProperties).toMatchObject({ lookedAt: 'today' });
});

test.each([
  [
    'a time to be enqueued',
    described(0x72, types.Map32([types.wrap_symbol('x-opt-scheduled-enqueue-time'), farAway])),
  ],
  ['a time to live', described(0x70, types.wrap_list([types.Null(), types.Null(), farAway]))],
])(
  'a message with %s that could not be read again is refused, and the broker starts again',
  async (_, section) => {
    const dataDir = await aFolder();
    const entities = { queues: [{ name: 'orders' }] };
    const first = await startServiceBus({ port: 0, dataDir, config: aConfig(entities) });
    const connection = await connect(first);
    const sender = connection.open_sender('orders');
    await once(sender, 'sendable');
    sender.send(encodeValues(section, described(0x77, types.wrap_string('late'))), undefined, 0);
    const [{ delivery }] = (await once(sender, 'rejected')) as [EventContext];
    expect(delivery?.remote_state).toMatchObject({ error: { condition: 'amqp:decode-error' } });
    connection.close();
    await first.stop();
    const client = aClient(await aBroker(entities, { dataDir }));
    await client.createSender('orders').sendMessages({ body: 'next' });
    expect((await receiveOne(client.createReceiver('orders'))).body).toBe('next');
  },
);

test('entities made by an administrator are there after a restart, with their rules and messages', async () => {
  const dataDir = await aFolder();
  const first = await startServiceBus({ port: 0, dataDir, config: aConfig({}) });
  const admin = anAdministrator(first);
  await admin.createQueue('made', { requiresSession: true, userMetadata: 'mine' });
  await admin.createQueue('unmade');
  await admin.createTopic('news');
  await admin.createSubscription('news', 'ann');
  await admin.deleteRule('news', 'ann', '$Default');
  await admin.createRule('news', 'ann', 'late', { applicationProperties: { at: new Date(5) } });
  await admin.deleteQueue('unmade');
  await aClient(first).createSender('made').sendMessages({ body: 1, sessionId: 's' });
  await first.stop();
  const broker = await aBroker({}, { dataDir });
  const again = anAdministrator(broker);
  expect(await again.getQueue('made')).toMatchObject({ requiresSession: true, userMetadata: 'mine' });
  expect(await again.queueExists('unmade')).toBe(false);
  const client = aClient(broker);
  expect((await receiveOne(await client.acceptNextSession('made'))).body).toBe(1);
  await client.createSender('news').sendMessages([
    { body: 'no', applicationProperties: { at: new Date(6) } },
    { body: 'yes', applicationProperties: { at: new Date(5) } },
  ]);
  expect(bodies(await contents(broker, 'news/Subscriptions/ann'))).toEqual(['yes']);
});

test('a second broker is told that the folder is in use', async () => {
  const dataDir = await aFolder();
  await aBroker({ queues: [{ name: 'orders' }] }, { dataDir });
  await expect(aBroker({ queues: [{ name: 'orders' }] }, { dataDir })).rejects.toThrow(
    'is used by another broker',
  );
});

/** The time itself is what is waited for here. */
async function clockReaches(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise((resolve) => setTimeout(resolve, time - Date.now() + 1));
}
