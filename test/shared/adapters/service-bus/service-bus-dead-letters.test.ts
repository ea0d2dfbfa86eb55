import { readFileSync } from 'node:fs';
import {
  ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { startServiceBus, type ServiceBusConfig } from '../../../../local/service-bus/index.ts';
import { ServiceBusDeadLetters } from '../../../../shared/adapters/service-bus/service-bus-dead-letters.ts';
import { ServiceBusEventFeed } from '../../../../shared/adapters/service-bus/service-bus-event-feed.ts';
import { ServiceBusOutbox } from '../../../../shared/adapters/service-bus/service-bus-outbox.ts';
import { ServiceBusQueues } from '../../../../shared/adapters/service-bus/service-bus-queues.ts';
import { messageSent } from '../../../../shared/domain/chat-event.ts';
import { deadLetterPlaceOf, deadLetterSources } from '../../../../shared/domain/dead-letter.ts';
import type { AcceptedMessage } from '../../../../shared/domain/message.ts';
import { aLoggedMessage, anAcceptedMessage } from '../../../support/builders.ts';
import { tracing } from '../../../support/fakes.ts';

const config = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;

const aScene = async () => {
  const broker = await startServiceBus({ port: 0, config });
  onTestFinished(() => broker.stop());
  const open = () => new ServiceBusClient(broker.connectionString);
  const client = open();
  onTestFinished(() => client.close());
  const outbox = new ServiceBusOutbox(open, { now: () => new Date() }, { deliveryCheckSeconds: 30 });
  onTestFinished(() => outbox.close());
  const letters = new ServiceBusDeadLetters(open);
  return { broker, open, client, outbox, letters, queues: new ServiceBusQueues(open) };
};

type Scene = Awaited<ReturnType<typeof aScene>>;

/** Takes what waits in a session, and gives up on it. */
const bury = async ({ client }: Scene, count: number, queue: string, subscription?: string) => {
  const session =
    subscription === undefined
      ? await client.acceptNextSession(queue)
      : await client.acceptNextSession(queue, subscription);
  const received = await session.receiveMessages(count, { maxWaitTimeInMs: 2000 });
  for (const message of received)
    await session.deadLetterMessage(message, {
      deadLetterReason: 'Tried',
      deadLetterErrorDescription: 'Often',
    });
  await session.close();
  return received;
};

const placeOf = (deadLetterId: string) => {
  const place = deadLetterPlaceOf(deadLetterId);
  if (!place) throw new Error(`${deadLetterId} names no place.`);
  return place;
};

/** With a client of its own: receivers of one client share the place up to which they have peeked. */
const waitingIn = async ({ open }: Scene, queue: string, subscription?: string) => {
  const client = open();
  const receiver =
    subscription === undefined ? client.createReceiver(queue) : client.createReceiver(queue, subscription);
  return receiver.peekMessages(100).finally(() => client.close());
};

test('dead letters of all queues and subscriptions that the app has are seen', () => {
  const [{ Queues, Topics }] = config.UserConfig.Namespaces as [
    { Queues: { Name: string }[]; Topics: { Name: string; Subscriptions: unknown[] }[] },
  ];
  expect(Topics.every(({ Subscriptions }) => Subscriptions.length === 1)).toBe(true);
  expect([...deadLetterSources].sort()).toEqual([...Queues, ...Topics].map(({ Name }) => Name).sort());
});

test('a dead letter goes back into its session, under its trace, though its first sending still counts as a repeat', async () => {
  const scene = await aScene();
  const message = anAcceptedMessage({ from: 'ann', to: 'bo' });
  await scene.outbox.enqueue(message, tracing);
  const [before] = await bury(scene, 1, 'chat-queue');
  const [letter] = await scene.letters.list('chat-queue', undefined, 10);
  expect(letter).toMatchObject({
    ...{ source: 'chat-queue', reason: 'Tried', detail: 'Often', sessionId: message.conversationId },
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
  const place = placeOf(letter?.deadLetterId ?? '');
  expect((await scene.letters.find(place))?.content).toEqual(before?.body);
  expect(await scene.letters.redrive(place)).toBe(true);
  const [again, ...more] = await waitingIn(scene, 'chat-queue');
  expect(more).toEqual([]);
  expect(again).toMatchObject({
    ...{ body: before?.body as object, sessionId: before?.sessionId, correlationId: before?.correlationId },
    contentType: 'application/json',
  });
  expect(again?.messageId).not.toBe(before?.messageId);
  expect(await scene.letters.list('chat-queue', undefined, 10)).toEqual([]);
  expect(await scene.letters.redrive(place)).toBe(false);
});

test('a dead letter that is sent again and not taken away, and then sent once more, comes once', async () => {
  const scene = await aScene();
  await scene.outbox.enqueue(anAcceptedMessage({ from: 'ann', to: 'bo' }), tracing);
  await bury(scene, 1, 'chat-queue');
  const [letter] = await scene.letters.list('chat-queue', undefined, 1);
  const place = placeOf(letter?.deadLetterId ?? '');
  // As if the process died between the two, and its lock ran out.
  const unlucky = new ServiceBusDeadLetters(() => {
    const client = scene.open();
    const createReceiver = client.createReceiver.bind(client) as (...args: unknown[]) => ServiceBusReceiver;
    return Object.assign(client, {
      createReceiver: (...args: unknown[]) => {
        const receiver = createReceiver(...args);
        const completeMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
          await receiver.abandonMessage(message);
          throw new Error('died');
        };
        return Object.assign(receiver, { completeMessage });
      },
    });
  });
  await expect(unlucky.redrive(place)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await waitingIn(scene, 'chat-queue')).toHaveLength(1);
  expect(await scene.letters.redrive(place)).toBe(true);
  expect(await waitingIn(scene, 'chat-queue')).toHaveLength(1);
});

test('one is found among many, and those before it stay where they are, in their order', async () => {
  const scene = await aScene();
  for (let n = 0; n < 5; n++)
    await scene.outbox.enqueue(anAcceptedMessage({ from: 'ann', to: 'bo', messageText: `${n}` }), tracing);
  await bury(scene, 5, 'chat-queue');
  const before = await scene.letters.list('chat-queue', undefined, 10);
  const ids = before.map(({ deadLetterId }) => deadLetterId);
  expect(await scene.letters.list('chat-queue', placeOf(ids[1] ?? '').sequenceNumber, 2)).toEqual(
    before.slice(2, 4),
  );
  expect(await scene.letters.discard(placeOf(ids[3] ?? ''))).toBe(true);
  const left = await scene.letters.list('chat-queue', undefined, 10);
  expect(left.map(({ deadLetterId }) => deadLetterId)).toEqual(ids.filter((_, index) => index !== 3));
  for (const { deadLetterId } of left) await scene.letters.redrive(placeOf(deadLetterId));
  const texts = (await waitingIn(scene, 'chat-queue')).map(
    ({ body }) => (body as { message: AcceptedMessage }).message.messageText,
  );
  expect(texts).toEqual(['0', '1', '2', '4']);
});

test('a dead letter of a subscription goes back through its topic, with what the subscription filters by', async () => {
  const scene = await aScene();
  const feed = new ServiceBusEventFeed(scene.open, () => Promise.resolve(true));
  onTestFinished(() => feed.close());
  await feed.publish(messageSent(aLoggedMessage({ seq: 1 }), 2), tracing);
  const [before] = await bury(scene, 1, 'chat-events', 'webhooks');
  const [letter] = await scene.letters.list('chat-events', undefined, 10);
  expect(await scene.letters.redrive(placeOf(letter?.deadLetterId ?? ''))).toBe(true);
  const [again] = await waitingIn(scene, 'chat-events', 'webhooks');
  expect(again).toMatchObject({
    ...{ body: before?.body as object, subject: before?.subject, sessionId: before?.sessionId },
    contentType: 'application/cloudevents+json',
    applicationProperties: before?.applicationProperties,
  });
});

test.each([
  [
    'a direct message',
    'chat-queue',
    undefined,
    'd-1',
    { kind: 'message', message: anAcceptedMessage({ from: 'a', to: 'b' }) },
  ],
  [
    'a check',
    'chat-checks',
    undefined,
    undefined,
    { kind: 'check', check: { conversationId: 'd-1', userId: null } },
  ],
  ['a step of a job', 'chat-jobs', undefined, 'j-1', { kind: 'job', job: { jobId: 'j-1', step: 2 } }],
  [
    ...(['an event for a webhook', 'chat-webhooks', undefined, 'w-1|d-1'] as const),
    { kind: 'webhook', task: { kind: 'wake', webhookId: 'w-1', conversationId: 'd-1', wakeId: 'k-1' } },
  ],
])('%s that was put aside goes back to %s', async (_, queue, subscription, session, fields) => {
  const scene = await aScene();
  const body = { v: 1, ...tracing, ...fields };
  if ('message' in body) Object.assign(body.message, { conversationId: 'd-1' });
  await scene.outbox.park(body, { code: 'not-a-member', detail: 'Not any more.' }, tracing);
  const [letter] = await scene.letters.list('chat-deadletter', undefined, 10);
  expect(letter).toMatchObject({ reason: 'not-a-member', detail: 'Not any more.' });
  expect(await scene.letters.redrive(placeOf(letter?.deadLetterId ?? ''))).toBe(true);
  const [again] = await waitingIn(scene, queue, subscription);
  expect(again).toMatchObject({ body, ...(session !== undefined && { sessionId: session }) });
  expect(again?.applicationProperties).toBeUndefined();
});

test('what nobody can tell the origin of is refused and stays, until it is discarded', async () => {
  const scene = await aScene();
  await scene.outbox.park({ v: 99 }, { code: 'malformed-envelope', detail: 'v' }, tracing);
  const [letter] = await scene.letters.list('chat-deadletter', undefined, 10);
  const place = placeOf(letter?.deadLetterId ?? '');
  await expect(scene.letters.redrive(place)).rejects.toMatchObject({ code: 'cannot-redrive' });
  expect(await scene.letters.discard(place)).toBe(true);
  expect(await scene.letters.list('chat-deadletter', undefined, 10)).toEqual([]);
});

test('what waits, is scheduled and is dead is counted', async () => {
  const scene = await aScene();
  const text: ServiceBusMessage = { body: 'x', sessionId: 's' };
  const sender = scene.client.createSender('chat-webhooks');
  await sender.sendMessages([{ ...text, messageId: '1' }]);
  await bury(scene, 1, 'chat-webhooks');
  await sender.sendMessages([
    { ...text, messageId: '2' },
    { ...text, messageId: '3' },
  ]);
  await sender.scheduleMessages({ ...text, messageId: '4' }, new Date(Date.now() + 3_600_000));
  await scene.outbox.park({}, { code: 'x', detail: 'y' }, tracing);
  const counts = new Map((await scene.queues.count()).map(({ queue, ...rest }) => [queue, rest]));
  expect(counts.size).toBe(7);
  expect(counts.get('chat-webhooks')).toMatchObject({
    waiting: 2,
    scheduled: 1,
    deadLetters: 1,
    isMore: false,
  });
  expect(Date.parse(counts.get('chat-webhooks')?.oldestAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  expect(counts.get('chat-deadletter')).toMatchObject({ waiting: 0, deadLetters: 1, oldestAt: null });
  expect(counts.get('chat-queue')).toMatchObject({
    waiting: 0,
    scheduled: 0,
    deadLetters: 0,
    oldestAt: null,
  });
});
