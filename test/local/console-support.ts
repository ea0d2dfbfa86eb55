import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { developmentAccessKey } from '../../local/web-pubsub/index.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { aProject, sampleValues } from './stack-support.ts';

/** An app whose request becomes a message, whose message becomes a row and a push. */
const app = `
import { createHmac } from 'node:crypto';
import { app } from '@azure/functions';
import { TableClient } from '@azure/data-tables';
import { ServiceBusClient } from '@azure/service-bus';
const [, endpoint, key] = /Endpoint=([^;]+);AccessKey=([^;]+)/.exec(process.env.Live);
const bus = new ServiceBusClient(process.env.Bus);
const sender = bus.createSender('jobs');
const table = TableClient.fromConnectionString(process.env.AzureWebJobsStorage, 'Jobs', {
  allowInsecureConnection: true, retryOptions: { maxRetries: 0 },
});
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const push = async (body) => {
  const url = endpoint + '/api/hubs/live/:send';
  const unsigned = encode({ alg: 'HS256', typ: 'JWT' }) + '.' + encode({ aud: url, exp: Math.floor(Date.now() / 1000) + 60 });
  const token = unsigned + '.' + createHmac('sha256', key).update(unsigned).digest('base64url');
  const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 202) throw new Error('The push was answered ' + answer.status);
};
app.http('send', { methods: ['POST'], handler: async (request, context) => {
  const correlationId = context.traceContext.traceParent.split('-')[1];
  await sender.sendMessages({ body: await request.json(), sessionId: 's', correlationId });
  return { status: 202 };
} });
app.serviceBusQueue('take', { connection: 'Bus', queueName: 'jobs', isSessionsEnabled: true, handler: async (body, context) => {
  context.log('took ' + body.name);
  await table.createTable();
  await table.upsertEntity({ partitionKey: 'jobs', rowKey: body.name, passwordHash: 'hidden' });
  await push({ name: body.name });
} });
app.http('events', { methods: ['OPTIONS', 'POST'], handler: (request) =>
  request.method === 'OPTIONS' ? { headers: { 'webhook-allowed-origin': '*' } } : { status: 204 } });
app.hook.appTerminate(() => bus.close());
`;

/** A stack with the console, for an app of its own. */
export interface ConsoleStack {
  stack: Stack;
  bus: ServiceBusClient;
  hub: WebPubSubServiceClient;
  /** Asks the app to send; answers the trace id of the request. */
  send: (name: string) => Promise<string>;
  /** Asks the console. */
  ask: <T>(path: string, body?: object) => Promise<T>;
  stop: () => Promise<void>;
}

export async function startConsoleStack(workers = 1): Promise<ConsoleStack> {
  const folder = aProject();
  writeFileSync(join(folder, 'index.mjs'), app);
  const stack = await startStack({
    appDir: folder,
    serviceBusConfig: join(folder, 'infra/service-bus.json'),
    webPubSubConfig: join(folder, 'infra/web-pubsub.json'),
    dataDir: join(folder, 'data'),
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: {
      ...sampleValues,
      Live: `Endpoint=http://127.0.0.1:8080;AccessKey=${developmentAccessKey};Version=1.0;`,
    },
    env: process.env,
    storageInMemory: true,
    console: true,
    workers,
  });
  const bus = new ServiceBusClient(stack.settings.Bus ?? '');
  return {
    stack,
    bus,
    hub: new WebPubSubServiceClient(stack.settings.Live ?? '', 'live', { allowInsecureConnection: true }),
    send: async (name) => {
      const traceId = Buffer.from(name.padEnd(16, '.')).toString('hex');
      const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
      const url = `${stack.urls.functions}/api/send`;
      const { status } = await fetch(url, { method: 'POST', body: JSON.stringify({ name }), headers });
      if (status !== 202) throw new Error(`The app answered ${status}.`);
      return traceId;
    },
    ask: async <T>(path: string, body?: object): Promise<T> => {
      const change = { method: 'POST', headers: { 'x-console': '1' }, body: JSON.stringify(body) };
      const url = `${stack.urls.functions}/dev/api/${path}`;
      const response = await fetch(url, body === undefined ? {} : change);
      const answer = (await response.json()) as T;
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    stop: async () => {
      await bus.close();
      await stack.stop();
    },
  };
}

/** Lets the oldest message that waits become a dead letter. */
export async function deadLetterOne(
  bus: ServiceBusClient,
  { reason, description }: { reason: string; description: string },
): Promise<void> {
  const session = await bus.acceptNextSession('jobs');
  const [message] = await session.receiveMessages(1);
  if (message === undefined) throw new Error('There was no message.');
  await session.deadLetterMessage(message, {
    deadLetterReason: reason,
    deadLetterErrorDescription: description,
  });
  await session.close();
}
