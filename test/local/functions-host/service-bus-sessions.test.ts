import { describe, expect, it, onTestFinished } from 'vitest';
import { readServiceBusBinding } from '../../../local/functions-host/triggers/service-bus/binding.ts';
import { SdkSessionListener } from '../../../local/functions-host/triggers/service-bus/sdk-session-listener.ts';
import { SessionListener } from '../../../local/functions-host/triggers/service-bus/session-listener.ts';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import { aBroker, aClient, aConfig } from '../service-bus/support.ts';
import { aTriggerContext, type Call, Recorder, start, started } from './trigger-support.ts';

const sessionQueue = { name: 'orders', RequiresSession: true, LockDuration: 'PT30S', MaxDeliveryCount: 5 };

interface Options {
  serviceBus?: Record<string, unknown>;
  binding?: Record<string, unknown>;
  handler: (call: Call) => unknown;
}

const kinds = { 'one link for all sessions': SessionListener, 'SDK session receivers': SdkSessionListener };

function aListener(Kind: (typeof kinds)[keyof typeof kinds], connection: string, options: Options) {
  const context = aTriggerContext({
    binding: { connection: 'Bus', queueName: 'orders', isSessionsEnabled: true, ...options.binding },
    settings: { Bus: connection },
    serviceBus: { sessionIdleTimeout: '00:00:01', ...options.serviceBus },
    handler: options.handler,
  });
  const listener = new Kind(context, readServiceBusBinding(context.fn, context.settings));
  return { listener, entries: context.entries, logged: context.logged };
}

const sessionOf = (call: Call) => String(call.metadata.SessionId);

describe.each(Object.entries(kinds))('a session trigger over %s', (_, Kind) => {
  it('gets the messages of each session in their order, one at a time, sessions side by side', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const sender = aClient(broker).createSender('orders');
    const seen = new Recorder<string>();
    const busy = new Set<string>();
    let most = 0;
    const { listener } = aListener(Kind, broker.connectionString, {
      handler: async (call) => {
        const session = sessionOf(call);
        expect(busy.has(session)).toBe(false);
        busy.add(session);
        most = Math.max(most, busy.size);
        await new Promise((later) => setTimeout(later, 5));
        busy.delete(session);
        seen.add(`${session}:${String(call.input)}`);
      },
    });
    for (let n = 0; n < 10; n++) {
      await sender.sendMessages(['a', 'b', 'c'].map((sessionId) => ({ sessionId, body: n })));
    }
    await started(listener);
    const all = await seen.reaching(30);
    for (const session of ['a', 'b', 'c']) {
      const own = all.filter((each) => each.startsWith(session)).map((each) => each.slice(2));
      expect(own).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    }
    expect(most).toBeGreaterThan(1);
  });

  it('gets a message that failed again before the next one of its session', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const sender = aClient(broker).createSender('orders');
    const seen = new Recorder<string>();
    const { listener } = aListener(Kind, broker.connectionString, {
      handler: (call) => {
        seen.add(`${String(call.input)}/${String(call.metadata.DeliveryCount)}`);
        if (call.input === '"first"' && Number(call.metadata.DeliveryCount) < 3) throw new Error('not yet');
      },
    });
    await sender.sendMessages([
      { sessionId: 's', body: 'first' },
      { sessionId: 's', body: 'second' },
    ]);
    await started(listener);
    expect(await seen.reaching(4)).toEqual(['"first"/1', '"first"/2', '"first"/3', '"second"/1']);
  });

  it('never works on more sessions at once than maxConcurrentSessions', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const client = aClient(broker);
    const sender = client.createSender('orders');
    const begun = new Recorder<string>();
    const releases: (() => void)[] = [];
    const { listener } = aListener(Kind, broker.connectionString, {
      serviceBus: { maxConcurrentSessions: 2, sessionIdleTimeout: '00:00:00.050' },
      handler: async (call) => {
        begun.add(sessionOf(call));
        await new Promise<void>((resolve) => releases.push(resolve));
      },
    });
    await sender.sendMessages(['a', 'b', 'c', 'd'].map((sessionId) => ({ sessionId, body: 1 })));
    await started(listener);
    await begun.reaching(2);
    await client.createReceiver('orders').peekMessages(1); // a third would be on its way before this answer
    expect(begun.items).toHaveLength(2);
    releases.splice(0).forEach((release) => release());
    await begun.reaching(4);
    releases.splice(0).forEach((release) => release());
    expect([...begun.items].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the lock of a session whose message takes longer than the lock lasts', async () => {
    const broker = await aBroker({ queues: [{ ...sessionQueue, LockDuration: 'PT5S' }] });
    const sender = aClient(broker).createSender('orders');
    const done = new Recorder<unknown>();
    const { listener, entries } = aListener(Kind, broker.connectionString, {
      handler: async (call) => {
        if (call.input === '"long"') await new Promise((later) => setTimeout(later, 7000));
        done.add([call.input, call.metadata.DeliveryCount]);
      },
    });
    await sender.sendMessages([
      { sessionId: 's', body: 'long' },
      { sessionId: 's', body: 'short' },
    ]);
    await started(listener);
    expect(await done.reaching(2)).toEqual([
      ['"long"', 1],
      ['"short"', 1],
    ]);
    expect(entries.filter(({ level }) => level === 'warning')).toEqual([]);
  }, 30_000);

  it('waits for the running message and settles it before it has stopped', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const client = aClient(broker);
    const begun = new Recorder<string>();
    let release: () => void = () => undefined;
    const { listener } = aListener(Kind, broker.connectionString, {
      handler: async (call) => {
        begun.add(String(call.input));
        await new Promise<void>((resolve) => (release = resolve));
      },
    });
    await client.createSender('orders').sendMessages([
      { sessionId: 's', body: 1 },
      { sessionId: 's', body: 2 },
    ]);
    await start(listener);
    await begun.reaching(1);
    const stopped = listener.stop();
    release();
    await stopped;
    expect(begun.items).toEqual(['1']);
    const receiver = await client.acceptSession('orders', 's');
    const left = await receiver.receiveMessages(2, { maxWaitTimeInMs: 2000 });
    expect(left.map(({ body }) => body as unknown)).toEqual([2]);
    await receiver.close();
  });

  it('leaves messages alone when autoCompleteMessages is off', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const client = aClient(broker);
    const seen = new Recorder<unknown>();
    const { listener } = aListener(Kind, broker.connectionString, {
      serviceBus: { autoCompleteMessages: false },
      handler: (call) => seen.add(call.input),
    });
    await client.createSender('orders').sendMessages({ sessionId: 's', body: 1 });
    await start(listener);
    await seen.reaching(1);
    await listener.stop();
    const [message] = await client.createReceiver('orders').peekMessages(5);
    expect(message?.body).toBe(1);
  });
});

describe('a session trigger', () => {
  it('goes on when the broker comes back, with all that was not settled', async () => {
    const config = aConfig({ queues: [sessionQueue] });
    const first = await startServiceBus({ port: 0, config });
    const seen = new Recorder<unknown>();
    const { listener, entries } = aListener(SessionListener, first.connectionString, {
      handler: (call) => seen.add(call.input),
    });
    await started(listener);
    const send = async (connectionString: string, body: string) => {
      const client = aClient({ connectionString });
      await client.createSender('orders').sendMessages({ sessionId: 's', body });
      await client.close();
    };
    await send(first.connectionString, 'before');
    await seen.reaching(1);
    await first.stop();
    const second = await startServiceBus({ port: first.port, config });
    onTestFinished(() => second.stop());
    await send(second.connectionString, 'after');
    expect(await seen.reaching(2)).toEqual(['"before"', '"after"']);
    expect(entries.some(({ message }) => /Lost the link|Cannot reach/.test(message))).toBe(true);
  });

  it('names an entity that does not exist, and finds it once it does', async () => {
    const empty = await startServiceBus({ port: 0, config: aConfig({ queues: [{ name: 'other' }] }) });
    const seen = new Recorder<unknown>();
    const { listener, logged } = aListener(SessionListener, empty.connectionString, {
      handler: (call) => seen.add(call.input),
    });
    await started(listener);
    const [first] = await logged.reaching(1);
    expect(first?.message).toMatch(/Lost the link to "orders": amqp:not-found/);
    await empty.stop();
    const broker = await startServiceBus({ port: empty.port, config: aConfig({ queues: [sessionQueue] }) });
    onTestFinished(() => broker.stop());
    await aClient(broker).createSender('orders').sendMessages({ sessionId: 's', body: 1 });
    expect(await seen.reaching(1)).toEqual(['1']);
  });

  it('counts calls that a lost link has left running among maxConcurrentSessions', async () => {
    const config = aConfig({ queues: [sessionQueue] });
    const first = await startServiceBus({ port: 0, config });
    const begun = new Recorder<string>();
    const done = new Recorder<string>();
    const releases = new Map<string, () => void>();
    const { listener } = aListener(SessionListener, first.connectionString, {
      serviceBus: { maxConcurrentSessions: 2 },
      handler: async (call) => {
        begun.add(sessionOf(call));
        await new Promise<void>((resolve) => releases.set(sessionOf(call), resolve));
        done.add(sessionOf(call));
      },
    });
    await started(listener);
    await aClient(first).createSender('orders').sendMessages({ sessionId: 'old', body: 1 });
    await begun.reaching(1);
    await first.stop();
    const second = await startServiceBus({ port: first.port, config });
    onTestFinished(() => second.stop());
    const client = aClient(second);
    await client.createSender('orders').sendMessages(['a', 'b'].map((sessionId) => ({ sessionId, body: 1 })));
    await begun.reaching(2);
    await client.createReceiver('orders').peekMessages(1); // a third would be on its way before this answer
    expect(begun.items).toEqual(['old', 'a']);
    releases.get('old')?.();
    expect(await begun.reaching(3)).toEqual(['old', 'a', 'b']);
    releases.get('a')?.();
    releases.get('b')?.();
    await done.reaching(3);
  });

  it('waits for a broker that is not there yet', async () => {
    const config = aConfig({ queues: [sessionQueue] });
    const placeholder = await startServiceBus({ port: 0, config });
    await placeholder.stop();
    const seen = new Recorder<unknown>();
    const { listener } = aListener(SessionListener, placeholder.connectionString, {
      handler: (call) => seen.add(call.input),
    });
    await started(listener);
    const broker = await startServiceBus({ port: placeholder.port, config });
    onTestFinished(() => broker.stop());
    await aClient(broker).createSender('orders').sendMessages({ sessionId: 's', body: 1 });
    expect(await seen.reaching(1)).toEqual(['1']);
  });

  it('leaves what comes while it waits for the running message to others, uncounted', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const sender = aClient(broker).createSender('orders');
    const begun = new Recorder<string>();
    let release: () => void = () => undefined;
    const { listener } = aListener(SessionListener, broker.connectionString, {
      handler: async (call) => {
        begun.add(sessionOf(call));
        await new Promise<void>((resolve) => (release = resolve));
      },
    });
    await sender.sendMessages({ sessionId: 'slow', body: 1 });
    await start(listener);
    await begun.reaching(1);
    const stopped = listener.stop();
    await sender.sendMessages({ sessionId: 'next', body: 2 });
    const counts = new Recorder<number>();
    const other = aListener(SessionListener, broker.connectionString, {
      handler: (call) => counts.add(Number(call.metadata.DeliveryCount)),
    });
    await started(other.listener);
    expect(await counts.reaching(1)).toEqual([1]);
    expect(begun.items).toEqual(['slow']);
    release();
    await stopped;
  });

  it('completes and abandons neighbours of one turn each by its own outcome', async () => {
    const broker = await aBroker({ queues: [{ ...sessionQueue, MaxDeliveryCount: 1 }] });
    const client = aClient(broker);
    const seen = new Recorder<unknown>();
    let releaseAll: () => void = () => undefined;
    const together = new Promise<void>((resolve) => (releaseAll = resolve));
    const { listener } = aListener(SessionListener, broker.connectionString, {
      serviceBus: { maxConcurrentSessions: 8 },
      handler: async (call) => {
        seen.add(call.input);
        await together;
        if (Number(call.input) % 2 === 1) throw new Error('odd');
      },
    });
    await client
      .createSender('orders')
      .sendMessages(Array.from({ length: 8 }, (_, n) => ({ sessionId: `s${n}`, body: n })));
    await start(listener);
    await seen.reaching(8);
    releaseAll();
    await listener.stop();
    const dead = client.createReceiver('orders', { subQueueType: 'deadLetter' });
    const messages = await dead.peekMessages(20);
    expect(messages.map(({ body }) => body as number).sort()).toEqual([1, 3, 5, 7]);
    expect(await client.createReceiver('orders').peekMessages(20)).toEqual([]);
  });

  it('that works on one message for long gets thousands of other sessions meanwhile', async () => {
    const broker = await aBroker({ queues: [sessionQueue] });
    const sender = aClient(broker).createSender('orders');
    const seen = new Recorder<unknown>();
    let release: () => void = () => undefined;
    const { listener, entries } = aListener(SessionListener, broker.connectionString, {
      serviceBus: { maxConcurrentSessions: 64 },
      handler: async (call) => {
        seen.add(call.input);
        if (call.input === '"long"') await new Promise<void>((resolve) => (release = resolve));
      },
    });
    await sender.sendMessages({ sessionId: 'long', body: 'long' });
    await started(listener);
    await seen.reaching(1);
    // More than the 2,048 deliveries that rhea remembers behind an open one.
    for (let batch = 0; batch < 10; batch++) {
      await sender.sendMessages(Array.from({ length: 300 }, (_, n) => ({ sessionId: `s${n}`, body: batch })));
    }
    await seen.reaching(3001);
    release();
    expect(entries.filter(({ level }) => level === 'warning')).toEqual([]);
  }, 60_000);

  it('listens to a subscription', async () => {
    const broker = await aBroker({
      topics: [{ name: 'news', subscriptions: [{ name: 'readers', RequiresSession: true }] }],
    });
    const seen = new Recorder<unknown>();
    const { listener } = aListener(SessionListener, broker.connectionString, {
      binding: { queueName: undefined, topicName: 'news', subscriptionName: 'readers' },
      handler: (call) => seen.add([call.input, sessionOf(call)]),
    });
    await started(listener);
    await aClient(broker)
      .createSender('news')
      .sendMessages({ sessionId: 's', body: { a: 1 } });
    expect(await seen.reaching(1)).toEqual([['{"a":1}', 's']]);
  });
});
