import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import type { ProcessErrorArgs, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { inject, onTestFinished } from 'vitest';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import type { ServiceBus, ServiceBusConfig, ServiceBusOptions } from '../../../local/service-bus/index.ts';
import { makeEntities, removeEntities } from './given-entities.ts';
import type { Entities, EntityFields } from './given-entities.ts';

/** Connection string of the namespace to test in place of a broker of our own; only in the project `azure`. */
const given = inject('given')?.serviceBus;

/** The shortest lock that the broker under test allows. */
export const shortestLock = given ? 'PT5S' : 'PT1S';

const toEntity = ({ name, ...properties }: EntityFields) => ({ Name: name, Properties: properties });

/** An entities file: `{ name, ...properties }` for each queue, topic and subscription. */
export function aConfig(entities: Entities): ServiceBusConfig {
  const topics = (entities.topics ?? []).map(({ subscriptions = [], ...topic }) => ({
    ...toEntity(topic),
    Subscriptions: subscriptions.map(({ rules, ...subscription }) => ({
      ...toEntity(subscription),
      ...(rules && { Rules: rules }),
    })),
  }));
  const namespace = { Name: 'test', Queues: (entities.queues ?? []).map(toEntity), Topics: topics };
  return { UserConfig: { Namespaces: [namespace] } };
}

/** A broker that is gone when the test is over; or the given namespace, with these entities as new. */
export async function aBroker(
  entities: Entities,
  options: Partial<ServiceBusOptions> = {},
): Promise<ServiceBus> {
  if (given) return givenBroker(given, entities);
  const broker = await startServiceBus({ port: 0, config: aConfig(entities), ...options });
  onTestFinished(() => broker.stop());
  return broker;
}

async function givenBroker(connectionString: string, entities: Entities): Promise<ServiceBus> {
  const admin = anAdministrator({ connectionString });
  const stop = () => removeEntities(admin, entities);
  onTestFinished(stop);
  await makeEntities(admin, entities);
  const port = /Endpoint=sb:\/\/[^;/]*:(\d+)/.exec(connectionString)?.[1] ?? 5671;
  return { port: Number(port), connectionString, stop };
}

/** An official client that is closed when the test is over. It does not retry unless asked to. */
export function aClient(
  broker: { connectionString: string },
  retryOptions: { maxRetries?: number; timeoutInMs?: number } = {},
): ServiceBusClient {
  const client = new ServiceBusClient(broker.connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 10_000, ...retryOptions },
  });
  onTestFinished(() => client.close());
  return client;
}

/** Destroys the client's socket, as a crash would. */
export function cutConnection(client: object): void {
  const { _connectionContext: context } = client as {
    _connectionContext: { connection: { _connection: { socket: { destroy(): void } } } };
  };
  context.connection._connection.socket.destroy();
}

type Policy = Parameters<ServiceBusAdministrationClient['pipeline']['addPolicy']>[0];

/** The client knows only https; this makes it http, as the README tells. */
const plainHttp: Policy = {
  name: 'plainHttp',
  sendRequest: (request, next) => {
    request.url = request.url.replace(/^https:/, 'http:');
    request.allowInsecureConnection = true;
    return next(request);
  },
};

/** The official administration client. By https, unless the connection string tells of a development broker. */
export function anAdministrator(broker: { connectionString: string }): ServiceBusAdministrationClient {
  const admin = new ServiceBusAdministrationClient(broker.connectionString, {
    retryOptions: { maxRetries: given ? 3 : 0 },
  });
  if (broker.connectionString.includes('UseDevelopmentEmulator=true')) admin.pipeline.addPolicy(plainHttp);
  return admin;
}

/** Waits until `count` messages have come. */
export async function receive(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> {
  const messages: ServiceBusReceivedMessage[] = [];
  while (messages.length < count) {
    const more = await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 10_000 });
    if (more.length === 0) throw new Error(`Only ${messages.length} of ${count} messages came.`);
    messages.push(...more);
  }
  return messages;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  if (!message) throw new Error('No message came.');
  return message;
}

/** Everything a queue, subscription or dead-letter queue holds: ready, locked, deferred and scheduled. */
export async function contents(
  broker: { connectionString: string },
  path: string,
  options: { subQueueType?: 'deadLetter' } = {},
): Promise<ServiceBusReceivedMessage[]> {
  // A new client peeks from the start. A subscription's path is that of a queue, too.
  return aClient(broker).createReceiver(path, options).peekMessages(1_000);
}

/** Subscribes and resolves with the messages once `count` have been handled. */
export function collect(
  receiver: ServiceBusReceiver,
  count: number,
  handle: (message: ServiceBusReceivedMessage) => Promise<void> = () => Promise.resolve(),
  options: { maxConcurrentCalls?: number } = {},
): Promise<ServiceBusReceivedMessage[]> {
  return new Promise((resolve, reject) => {
    const messages: ServiceBusReceivedMessage[] = [];
    receiver.subscribe(
      {
        processMessage: async (message) => {
          await handle(message);
          messages.push(message);
          if (messages.length === count) resolve(messages);
        },
        processError: (args: ProcessErrorArgs) => {
          reject(args.error);
          return Promise.resolve();
        },
      },
      options,
    );
  });
}

/** The bodies of messages, in their order. */
export const bodies = (messages: readonly ServiceBusReceivedMessage[]): unknown[] =>
  messages.map((message) => message.body as unknown);
