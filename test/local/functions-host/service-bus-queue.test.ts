import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogEntry } from '../../../local/functions-host/log.ts';
import { readServiceBusBinding } from '../../../local/functions-host/triggers/service-bus/binding.ts';
import { QueueListener } from '../../../local/functions-host/triggers/service-bus/queue-listener.ts';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import { Network } from '../../chaos/network.ts';
import { aBroker, aClient, aConfig } from '../service-bus/support.ts';
import { aTriggerContext, type Call, Recorder, start, started } from './trigger-support.ts';

function aListener(
  connection: string,
  handler: (call: Call) => unknown,
  {
    serviceBus = {},
    binding = {},
    log = () => undefined,
  }: {
    serviceBus?: Record<string, unknown>;
    binding?: Record<string, unknown>;
    log?: (entry: LogEntry) => void;
  } = {},
) {
  const context = aTriggerContext({
    binding: { connection: 'Bus', queueName: 'jobs', ...binding },
    settings: { Bus: connection },
    serviceBus,
    handler,
    log,
  });
  return new QueueListener(context, readServiceBusBinding(context.fn, context.settings));
}

it('a queue trigger tells all about a message, and completes it', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs' }] });
  const client = aClient(broker);
  const seen = new Recorder<Call>();
  const listener = aListener(broker.connectionString, (call) => seen.add(call));
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await client.createSender('jobs').sendMessages({
    body: { text: 'hi' },
    messageId: '123',
    correlationId: 'c',
    subject: 'greeting',
    to: 'you',
    replyTo: 'me',
    contentType: 'application/json',
    partitionKey: 'p',
    timeToLive: 60_000,
    applicationProperties: { 'Diagnostic-Id': traceparent, n: 1 },
  });
  await start(listener);
  const [call] = await seen.reaching(1);
  await listener.stop();
  expect(call).toMatchObject({
    input: '{"text":"hi"}',
    reason: '(null)',
    traceParent: traceparent,
    metadata: {
      MessageId: '123',
      DeliveryCount: 1,
      SequenceNumber: 1,
      CorrelationId: 'c',
      Subject: 'greeting',
      Label: 'greeting',
      To: 'you',
      ReplyTo: 'me',
      ContentType: 'application/json',
      PartitionKey: 'p',
      ApplicationProperties: { 'Diagnostic-Id': traceparent, n: 1 },
      UserProperties: { n: 1 },
    },
  });
  const { EnqueuedTimeUtc, ExpiresAtUtc, LockToken } = call?.metadata ?? {};
  const lifeMs = new Date(String(ExpiresAtUtc)).getTime() - new Date(String(EnqueuedTimeUtc)).getTime();
  expect(lifeMs).toBe(60_000);
  expect(LockToken).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await client.createReceiver('jobs').peekMessages(1)).toEqual([]);
});

it('a message that lives for ever expires at the end of the year 9999', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs' }] });
  const seen = new Recorder<Call>();
  await started(aListener(broker.connectionString, (call) => seen.add(call)));
  await aClient(broker).createSender('jobs').sendMessages({ body: 'not JSON' });
  const [call] = await seen.reaching(1);
  expect(call?.metadata.ExpiresAtUtc).toBe('9999-12-31T23:59:59.999Z');
});

it('a queue trigger hands over bytes when its dataType is binary', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs' }] });
  const seen = new Recorder<unknown>();
  await started(
    aListener(broker.connectionString, ({ input }) => seen.add(input), { binding: { dataType: 'binary' } }),
  );
  await aClient(broker)
    .createSender('jobs')
    .sendMessages({ body: Buffer.from([0, 255]) });
  const [bytes] = await seen.reaching(1);
  expect(bytes).toEqual(Buffer.from([0, 255]));
});

it('a message whose function fails comes again until maxDeliveryCount, then is dead-lettered', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs', MaxDeliveryCount: 3 }] });
  const client = aClient(broker);
  const counts = new Recorder<unknown>();
  await started(
    aListener(broker.connectionString, ({ metadata }) => {
      counts.add(metadata.DeliveryCount);
      throw new Error('never');
    }),
  );
  await client.createSender('jobs').sendMessages({ body: 1 });
  const dead = client.createReceiver('jobs', { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 15_000 });
  expect(message?.deadLetterReason).toBe('MaxDeliveryCountExceeded');
  expect(counts.items).toEqual([1, 2, 3]);
});

it('a queue trigger runs maxConcurrentCalls messages at once and no more', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs' }] });
  const begun = new Recorder<unknown>();
  const releases: (() => void)[] = [];
  const handler = async ({ input }: Call) => {
    begun.add(input);
    await new Promise<void>((resolve) => releases.push(resolve));
  };
  const client = aClient(broker);
  await client.createSender('jobs').sendMessages(Array.from({ length: 5 }, (_, n) => ({ body: n })));
  await started(aListener(broker.connectionString, handler, { serviceBus: { maxConcurrentCalls: 3 } }));
  await begun.reaching(3);
  await client.createReceiver('jobs').peekMessages(1); // a fourth would be on its way before this answer
  expect(begun.items).toHaveLength(3);
  releases.splice(0).forEach((release) => release());
  await begun.reaching(5);
  releases.splice(0).forEach((release) => release());
});

it('neighbours of one turn are completed and abandoned each by its own outcome', async () => {
  const broker = await aBroker({ queues: [{ name: 'jobs', MaxDeliveryCount: 1 }] });
  const client = aClient(broker);
  const begun = new Recorder<unknown>();
  let releaseAll: () => void = () => undefined;
  const together = new Promise<void>((resolve) => (releaseAll = resolve));
  const listener = aListener(
    broker.connectionString,
    async ({ input }) => {
      begun.add(input);
      await together;
      if (Number(input) % 2 === 1) throw new Error('odd');
    },
    { serviceBus: { maxConcurrentCalls: 8 } },
  );
  await client.createSender('jobs').sendMessages(Array.from({ length: 8 }, (_, n) => ({ body: n })));
  await start(listener);
  await begun.reaching(8);
  releaseAll();
  await listener.stop();
  const dead = await client.createReceiver('jobs', { subQueueType: 'deadLetter' }).peekMessages(20);
  expect(dead.map(({ body }) => body as number).sort()).toEqual([1, 3, 5, 7]);
});

describe('a queue trigger that is told to stop', () => {
  const aNetwork = async (broker: { port: number; connectionString: string }) => {
    const proxy = await Network.start(broker.port);
    onTestFinished(() => proxy.stop());
    return { proxy, connection: broker.connectionString.replace(`:${broker.port}`, `:${proxy.port}`) };
  };

  it('does not wait for an answer that its connection has taken along: the message comes again', async () => {
    const broker = await aBroker({ queues: [{ name: 'jobs', LockDuration: 'PT5S' }] });
    const { proxy, connection } = await aNetwork(broker);
    const [calls, warnings] = [new Recorder<Call>(), new Recorder<LogEntry>()];
    const settling = Promise.withResolvers<undefined>();
    const handler = (call: Call) => {
      calls.add(call);
      return settling.promise;
    };
    const listener = aListener(connection, handler, { log: (entry) => warnings.add(entry) });
    await start(listener);
    await aClient(broker).createSender('jobs').sendMessages({ body: 'once more' });
    await calls.reaching(1);
    proxy.lose('up');
    const sent = proxy.next('up');
    settling.resolve(undefined);
    await sent;
    proxy.lose(undefined);
    proxy.cut();
    await listener.stop();
    expect(warnings.items.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/could not be completed: the broker has not answered/),
    );
    await started(aListener(broker.connectionString, (call) => calls.add(call)));
    expect((await calls.reaching(2)).map(({ input }) => input)).toEqual(['"once more"', '"once more"']);
  }, 30_000);

  it('does not wait for the farewell of a broker that has fallen silent', async () => {
    const broker = await aBroker({ queues: [{ name: 'jobs' }] });
    const { proxy, connection } = await aNetwork(broker);
    const calls = new Recorder<Call>();
    const listener = aListener(connection, (call) => calls.add(call));
    await start(listener);
    await aClient(broker).createSender('jobs').sendMessages({ body: 'hi' });
    await calls.reaching(1);
    proxy.lose('down');
    await listener.stop();
    expect(calls.items).toHaveLength(1);
  }, 30_000);
});

it('a queue trigger goes on when the broker comes back', async () => {
  const config = aConfig({ queues: [{ name: 'jobs' }] });
  const first = await startServiceBus({ port: 0, config });
  const seen = new Recorder<unknown>();
  await started(aListener(first.connectionString, ({ input }) => seen.add(input)));
  const before = aClient(first);
  await before.createSender('jobs').sendMessages({ body: 'before' });
  await seen.reaching(1);
  await before.close();
  await first.stop();
  const second = await startServiceBus({ port: first.port, config });
  onTestFinished(() => second.stop());
  await aClient(second).createSender('jobs').sendMessages({ body: 'after' });
  expect(await seen.reaching(2)).toEqual(['"before"', '"after"']);
});
