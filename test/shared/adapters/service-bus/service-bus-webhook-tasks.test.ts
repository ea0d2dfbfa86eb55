import { readFileSync } from 'node:fs';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { startServiceBus, type ServiceBusConfig } from '../../../../local/service-bus/index.ts';
import { ServiceBusWebhookTasks } from '../../../../shared/adapters/service-bus/service-bus-webhook-tasks.ts';
import { webhookEnvelope } from '../../../../shared/contract/queue.ts';
import { messageSent } from '../../../../shared/domain/chat-event.ts';
import type { ReplayTask } from '../../../../shared/ports/webhook-tasks.ts';
import { aLoggedMessage } from '../../../support/builders.ts';
import { tracing } from '../../../support/fakes.ts';

const config = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;
const replay: ReplayTask = {
  ...{ kind: 'replay', webhookId: 'w-1', conversationId: 'd-1', replayId: 'r-1' },
  ...{ fromSeq: 1, toSeq: 9, tries: 0, failingSince: null },
};

const aScene = async () => {
  const broker = await startServiceBus({ port: 0, config });
  onTestFinished(() => broker.stop());
  const tasks = new ServiceBusWebhookTasks(() => new ServiceBusClient(broker.connectionString));
  onTestFinished(() => tasks.close());
  const client = new ServiceBusClient(broker.connectionString);
  onTestFinished(() => client.close());
  return { broker, tasks, client };
};

test('tasks of one webhook and conversation come in order, each once, and replays for themselves', async () => {
  const { tasks, client } = await aScene();
  const messages = [1, 2, 3].map((seq) => aLoggedMessage({ seq }));
  for (const message of [...messages, ...messages])
    await tasks.enqueue({ kind: 'event', webhookId: 'w-1', event: messageSent(message, 2) }, tracing);
  await tasks.enqueue(replay, tracing);
  await tasks.enqueue({ ...replay, tries: 1 }, tracing); // another try is another task
  const lane = await client.acceptSession('chat-webhooks', `w-1|${messages[0]?.conversationId}`);
  const received = await lane.receiveMessages(10, { maxWaitTimeInMs: 1000 });
  const events = received.map(({ body }) => webhookEnvelope.parse(body).task);
  expect(events.map((task) => task.kind === 'event' && task.event.data.seq)).toEqual([1, 2, 3]);
  const replays = await (await client.acceptSession('chat-webhooks', 'r-1')).peekMessages(10);
  expect(replays.map(({ body }) => webhookEnvelope.parse(body).task)).toEqual([
    replay,
    { ...replay, tries: 1 },
  ]);
});

test('a task that is due later comes later', async () => {
  const { tasks, client } = await aScene();
  const due = new Date(Date.now() + 3_600_000);
  const wake = { kind: 'wake', webhookId: 'w-1', conversationId: 'd-1', wakeId: 'k-1' } as const;
  await tasks.enqueue(wake, tracing, due);
  const [scheduled] = await client.createReceiver('chat-webhooks').peekMessages(1);
  expect(scheduled).toMatchObject({ state: 'scheduled', sessionId: 'w-1|d-1', messageId: 'k-1' });
  expect(scheduled?.scheduledEnqueueTimeUtc?.getTime()).toBe(due.getTime());
});

test('a task is refused as unavailable when the queue cannot be reached', async () => {
  const { broker, tasks } = await aScene();
  await broker.stop();
  await expect(tasks.enqueue(replay, tracing)).rejects.toMatchObject({ code: 'unavailable' });
});
