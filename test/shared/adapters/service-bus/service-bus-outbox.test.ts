import { readFileSync } from 'node:fs';
import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  startServiceBus,
  type ServiceBus,
  type ServiceBusConfig,
} from '../../../../local/service-bus/index.ts';
import { ServiceBusOutbox } from '../../../../shared/adapters/service-bus/service-bus-outbox.ts';
import type { AcceptedMessage } from '../../../../shared/domain/message.ts';
import { anAcceptedMessage } from '../../../support/builders.ts';
import { tracing } from '../../../support/fakes.ts';
import { aWire, type Wire } from '../../../support/wire.ts';

const config = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;
const tryMs = 1500;
/** Waiting, two tries, and what a busy machine adds. */
const longestMs = 3 * tryMs + 4000;

interface Scene {
  broker: ServiceBus;
  wire: Wire;
  outbox: ServiceBusOutbox;
  /** Clients that were opened. */
  opened: () => number;
  /** Sends a message of its own and says what came of it. */
  send: () => Promise<{ outcome: string; ms: number; messageId: string }>;
  /** Ids of the messages that the queue holds. */
  held: () => Promise<string[]>;
}

const openTo = (broker: ServiceBus, port: number): ServiceBusClient =>
  new ServiceBusClient(broker.connectionString.replace(String(broker.port), String(port)), {
    retryOptions: { maxRetries: 0, timeoutInMs: tryMs },
  });

const theQueue = async (broker: ServiceBus): Promise<string[]> => {
  const client = openTo(broker, broker.port);
  try {
    const messages = await client.createReceiver('chat-queue').peekMessages(1000);
    return messages.map(({ body }) => (body as { message: AcceptedMessage }).message.messageId);
  } finally {
    await client.close();
  }
};

const aScene = async (): Promise<Scene> => {
  const broker = await startServiceBus({ port: 0, config });
  onTestFinished(() => broker.stop());
  const wire = await aWire(broker.port);
  let opened = 0;
  const open = (): ServiceBusClient => {
    opened++;
    return openTo(broker, wire.port);
  };
  const outbox = new ServiceBusOutbox(open, { now: () => new Date() }, { deliveryCheckSeconds: 30, tryMs });
  onTestFinished(() => outbox.close());
  const send: Scene['send'] = async () => {
    const message = anAcceptedMessage({ from: 'ann', to: 'bo' });
    const start = performance.now();
    const outcome = await outbox.enqueue(message, tracing).then(
      () => 'accepted',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    return { outcome, ms: performance.now() - start, messageId: message.messageId };
  };
  return { broker, wire, outbox, opened: () => opened, send, held: () => theQueue(broker) };
};

describe('a message to the queue', () => {
  test('is there, once, when its sending has resolved', async () => {
    const { send, held } = await aScene();
    const sent = await Promise.all(Array.from({ length: 50 }, send));
    expect(sent.map(({ outcome }) => outcome)).toEqual(sent.map(() => 'accepted'));
    expect(await held()).toEqual(sent.map(({ messageId }) => messageId));
  });

  test('is accepted over a new connection when the one there is has gone silent', async () => {
    const { wire, send, held, opened } = await aScene();
    await send();
    wire.silence();
    const sent = await Promise.all(Array.from({ length: 20 }, send));
    expect(sent.map(({ outcome }) => outcome)).toEqual(sent.map(() => 'accepted'));
    for (const { ms } of sent) expect(ms).toBeLessThan(longestMs);
    expect(await held()).toEqual(expect.arrayContaining(sent.map(({ messageId }) => messageId)));
    expect(opened()).toBe(2);
  });

  test('stays single when only the acknowledgement was lost', async () => {
    const { wire, send, held } = await aScene();
    await send();
    wire.silenceAnswers();
    const { outcome, messageId } = await send();
    expect(outcome).toBe('accepted');
    expect((await held()).filter((id) => id === messageId)).toHaveLength(1);
  });

  test('is accepted over a new connection when the one there is was cut', async () => {
    const { wire, send, held } = await aScene();
    await send();
    wire.cut();
    const { outcome, messageId } = await send();
    expect(outcome).toBe('accepted');
    expect(await held()).toContain(messageId);
  });

  test.each(['nobody', 'silence'] as const)(
    'is refused as unavailable when the network leads to %s, and accepted as soon as it leads back',
    async (where) => {
      const { wire, send, held } = await aScene();
      await send();
      wire.leadsTo = where;
      if (where === 'nobody') wire.cut();
      else wire.silence();
      const lost = await Promise.all(Array.from({ length: 20 }, send));
      for (const { outcome, ms } of lost) {
        expect(outcome).toBe('unavailable');
        expect(ms).toBeLessThan(longestMs);
      }
      wire.leadsTo = 'server';
      const { outcome, ms, messageId } = await send();
      expect(outcome).toBe('accepted');
      expect(ms).toBeLessThan(longestMs);
      expect(await held()).toContain(messageId);
    },
  );

  test('is refused when nobody listens, with the cause and the time to try again', async () => {
    const { broker, outbox } = await aScene();
    await broker.stop();
    await expect(outbox.enqueue(anAcceptedMessage({ from: 'ann', to: 'bo' }), tracing)).rejects.toMatchObject(
      {
        name: 'ChatError',
        code: 'unavailable',
        retryAfterSeconds: 1,
        cause: expect.any(Error) as Error,
      },
    );
  });

  test('carries the trace id of its request', async () => {
    const { broker, outbox } = await aScene();
    await outbox.enqueue(anAcceptedMessage({ from: 'ann', to: 'bo' }), tracing);
    const client = openTo(broker, broker.port);
    onTestFinished(() => client.close());
    const [message] = await client.createReceiver('chat-queue').peekMessages(1);
    expect(message).toMatchObject({
      correlationId: '0af7651916cd43dd8448eb211c80319c',
      contentType: 'application/json',
      body: { v: 1, kind: 'message', ...tracing },
    });
  });
});

describe('a check and what is parked', () => {
  const check = { conversationId: 'd-1', userId: 'bo' };
  const reason = { code: 'not-found', detail: 'gone' };

  test('go over a new connection when the one there is has gone silent', async () => {
    const { wire, outbox, opened } = await aScene();
    await outbox.scheduleCheck({ ...check, userId: 'ann' }, tracing);
    await outbox.park({ body: 1 }, reason, tracing);
    wire.silence();
    await outbox.scheduleCheck(check, tracing);
    await outbox.park({ body: 2 }, reason, tracing);
    expect(opened()).toBe(2);
  });

  test('are once in a window, and once more when the clock was wrong and has been set right', async () => {
    const broker = await startServiceBus({ port: 0, config });
    onTestFinished(() => broker.stop());
    let ahead = 3_600_000;
    const open = (): ServiceBusClient => openTo(broker, broker.port);
    const clock = { now: () => new Date(Date.now() + ahead) };
    const outbox = new ServiceBusOutbox(open, clock, { deliveryCheckSeconds: 3600 });
    onTestFinished(() => outbox.close());
    await outbox.scheduleCheck(check, tracing);
    await outbox.scheduleCheck(check, tracing);
    ahead = 0;
    await outbox.scheduleCheck(check, tracing);
    await outbox.scheduleCheck(check, tracing);
    const client = openTo(broker, broker.port);
    onTestFinished(() => client.close());
    const held = await client.createReceiver('chat-checks').peekMessages(10);
    const due = held.map(({ scheduledEnqueueTimeUtc }) => scheduledEnqueueTimeUtc?.getTime() ?? 0);
    expect(due).toHaveLength(2);
    expect(Math.round(((due[0] ?? 0) - (due[1] ?? 0)) / 60_000)).toBe(60);
  });

  test('are unavailable, and soon, when nothing answers', async () => {
    const { wire, outbox } = await aScene();
    wire.leadsTo = 'silence';
    const start = performance.now();
    await Promise.all([
      expect(outbox.scheduleCheck(check, tracing)).rejects.toMatchObject({ code: 'unavailable' }),
      expect(outbox.park(null, reason, tracing)).rejects.toMatchObject({ code: 'unavailable' }),
    ]);
    expect(performance.now() - start).toBeLessThan(longestMs);
    wire.leadsTo = 'server';
    await outbox.scheduleCheck(check, tracing); // what was not scheduled is not remembered as if it were
  });
});

describe('a look at somebody’s presence', () => {
  const look = { userId: 'ann', connectionId: 'a1' };

  test('is there at once or some seconds later, and once for each coming and going', async () => {
    const { broker, outbox } = await aScene();
    const before = Date.now();
    for (let repeat = 0; repeat < 2; repeat++) {
      await outbox.scheduleLook({ ...look, occasion: 'came' }, 0);
      await outbox.scheduleLook({ ...look, occasion: 'went' }, 5);
    }
    const client = openTo(broker, broker.port);
    onTestFinished(() => client.close());
    const held = await client.createReceiver('chat-checks').peekMessages(10);
    expect(held.map(({ body, state }) => [body as unknown, state])).toEqual([
      [{ v: 1, kind: 'presence', traceparent: '', userId: 'ann' }, 'active'],
      [{ v: 1, kind: 'presence', traceparent: '', userId: 'ann' }, 'scheduled'],
    ]);
    const waits = Number(held[1]?.scheduledEnqueueTimeUtc?.getTime()) - before;
    expect(waits).toBeGreaterThanOrEqual(5000);
    expect(waits).toBeLessThan(60_000);
  });
});

describe('an outbox', () => {
  test('says unavailable for a queue that is not there or not for it, whoever is to mend that', async () => {
    const broker = await startServiceBus({
      port: 0,
      config: { UserConfig: { Namespaces: [{ Name: 'n' }] } },
    });
    onTestFinished(() => broker.stop());
    let opened = 0;
    const open = (): ServiceBusClient => {
      opened++;
      return openTo(broker, broker.port);
    };
    const outbox = new ServiceBusOutbox(open, { now: () => new Date() }, { deliveryCheckSeconds: 30, tryMs });
    onTestFinished(() => outbox.close());
    const sending = outbox.enqueue(anAcceptedMessage({ from: 'ann', to: 'bo' }), tracing);
    await expect(sending).rejects.toMatchObject({ code: 'unavailable' });
    expect(opened).toBe(1); // the connection is not what is wrong
  });

  test('finishes what is under way when it is closed, waits for no silent connection, and takes nothing any more', async () => {
    const { wire, outbox, send } = await aScene();
    await send();
    wire.silence();
    await send(); // over a second connection
    const last = outbox.park({ body: 1 }, { code: 'not-found', detail: 'gone' }, tracing);
    await outbox.close();
    await last;
    expect((await send()).outcome).toBe('unavailable');
  });
});
