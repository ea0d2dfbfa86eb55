import { readFileSync } from 'node:fs';
import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  startServiceBus,
  type ServiceBus,
  type ServiceBusConfig,
} from '../../../../local/service-bus/index.ts';
import { ServiceBusEventFeed } from '../../../../shared/adapters/service-bus/service-bus-event-feed.ts';
import { cloudEvent } from '../../../../shared/contract/cloud-event.ts';
import { messageSent } from '../../../../shared/domain/chat-event.ts';
import { aLoggedMessage } from '../../../support/builders.ts';
import { tracing } from '../../../support/fakes.ts';
import { aWire } from '../../../support/wire.ts';

const declared = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;
const tryMs = 1500;

interface Entities {
  UserConfig: { Namespaces: { Topics: { Name: string; Subscriptions: unknown[] }[] }[] };
}

/** The app's entities, and subscriptions to its events as another service would make them. */
const subscribedTo = (...subscriptions: unknown[]): ServiceBusConfig => {
  const config = structuredClone(declared) as unknown as Entities;
  const topic = config.UserConfig.Namespaces[0]?.Topics.find(({ Name }) => Name === 'chat-events');
  topic?.Subscriptions.push(...subscriptions);
  return config;
};

const all = { Name: 'all' };
const groups = {
  Name: 'groups',
  Properties: { RequiresSession: true },
  Rules: [
    {
      Name: 'groups',
      Properties: {
        FilterType: 'Sql',
        SqlFilter: { SqlExpression: "type = 'message.sent' AND conversationType = 'group'" },
      },
    },
  ],
};

const aScene = async () => {
  const broker: ServiceBus = await startServiceBus({ port: 0, config: subscribedTo(all, groups) });
  onTestFinished(() => broker.stop());
  const wire = await aWire(broker.port);
  const open = (port: number): ServiceBusClient =>
    new ServiceBusClient(broker.connectionString.replace(String(broker.port), String(port)), {
      retryOptions: { maxRetries: 0, timeoutInMs: tryMs },
    });
  const webhooks = { answer: (): Promise<boolean> => Promise.resolve(false) };
  const feed = new ServiceBusEventFeed(
    () => open(wire.port),
    () => webhooks.answer(),
    { tryMs },
  );
  onTestFinished(() => feed.close());
  const client = open(broker.port);
  onTestFinished(() => client.close());
  return { wire, feed, client, webhooks };
};

const direct = aLoggedMessage({ seq: 1 });
const inGroup = aLoggedMessage({ seq: 7, conversationId: `g-${'y'.repeat(24)}` });

describe('an event', () => {
  test('reaches a subscriber as a CloudEvent, with properties to filter by', async () => {
    const { feed, client } = await aScene();
    const event = messageSent(direct, 2);
    await feed.publish(event, tracing);
    const [received] = await client.createReceiver('chat-events', 'all').receiveMessages(1);
    expect(received).toMatchObject({
      messageId: event.id,
      sessionId: direct.conversationId,
      contentType: 'application/cloudevents+json',
      correlationId: '0af7651916cd43dd8448eb211c80319c',
      applicationProperties: {
        type: 'message.sent',
        conversationId: direct.conversationId,
        conversationType: 'direct',
        webhooks: false,
      },
    });
    expect(cloudEvent.parse(received?.body)).toMatchObject({
      ...{ specversion: '1.0', id: event.id, type: 'message.sent', subject: direct.conversationId },
      ...{ time: direct.createdAt, datacontenttype: 'application/json', ...tracing },
      data: { seq: 1, memberCount: 2, message: { messageId: direct.messageId, messageText: 'Hello' } },
    });
  });

  test('that is told again reaches a subscriber once', async () => {
    const { feed, client } = await aScene();
    for (const message of [direct, direct, aLoggedMessage({ seq: 2 })])
      await feed.publish(messageSent(message, 2), tracing);
    const messages = await client.createReceiver('chat-events', 'all').peekMessages(10);
    expect(messages.map(({ body }) => (body as { data: { seq: number } }).data.seq)).toEqual([1, 2]);
  });

  test('reaches the subscription for webhooks only where there may be one', async () => {
    const { feed, client, webhooks } = await aScene();
    const answers = [false, true, new Error('The list cannot be read.')];
    for (const [i, answer] of answers.entries()) {
      webhooks.answer = () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
      await feed.publish(messageSent(aLoggedMessage({ seq: i + 1 }), 2), tracing);
    }
    const messages = await client.createReceiver('chat-events', 'webhooks').peekMessages(10);
    expect(messages.map(({ body }) => (body as { data: { seq: number } }).data.seq)).toEqual([2, 3]);
  });

  test('reaches a subscription with sessions and a filter in its conversation’s order', async () => {
    const { feed, client } = await aScene();
    await feed.publish(messageSent(direct, 2), tracing);
    for (const seq of [7, 8, 9])
      await feed.publish(messageSent({ ...inGroup, seq, messageId: `m-${seq}` }, 3), tracing);
    const receiver = await client.acceptSession('chat-events', 'groups', inGroup.conversationId);
    const messages = await receiver.receiveMessages(10, { maxWaitTimeInMs: 1000 });
    expect(messages.map(({ body }) => (body as { data: { seq: number } }).data.seq)).toEqual([7, 8, 9]);
    const rest = await client.createReceiver('chat-events', 'groups').peekMessages(10);
    expect(rest.map(({ sessionId }) => sessionId)).not.toContain(direct.conversationId);
  });

  test('goes over a new connection when the one there is has gone silent', async () => {
    const { wire, feed, client } = await aScene();
    await feed.publish(messageSent(direct, 2), tracing);
    wire.silence();
    await feed.publish(messageSent(inGroup, 3), tracing);
    expect(await client.createReceiver('chat-events', 'all').peekMessages(10)).toHaveLength(2);
  });

  test('is unavailable, and soon, when nothing answers', async () => {
    const { wire, feed } = await aScene();
    wire.leadsTo = 'silence';
    await expect(feed.publish(messageSent(direct, 2), tracing)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
