import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { openClients } from '../../functions/clients.ts';
import { leanHttpClient } from '../../functions/clients/http-client.ts';
import { routesOf } from '../../functions/routes.ts';
import { createServices, type Services } from '../../functions/services.ts';
import { startStack } from '../../local/stack.ts';
import { fillSecrets } from '../../local/stack/settings.ts';
import { loadConfig } from '../../shared/config.ts';
import { envelopeVersion } from '../../shared/contract/queue.ts';
import { directConversationId, messageIdOf } from '../../shared/domain/identifiers.ts';
import { signToken } from '../clients/token.ts';
import { noFaults } from '../ledger.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import type { MicroOptions } from './micro-options.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const pairs = 50;
/** Of each operation; those before the measured ones warm the code up. */
const counts = { warmUp: 1500, measured: 3000 };
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** One operation of the app, the `index`-th time. */
type Operation = (index: number) => Promise<unknown>;

/** What an operation costs this process, which does nothing else, in µs of CPU. */
const cost = async (operation: Operation): Promise<number> => {
  const run = (from: number, count: number): Promise<unknown[]> =>
    inParallel(count, pairs / 2, (index) => operation(from + index));
  await run(0, counts.warmUp);
  const before = process.cpuUsage();
  await run(counts.warmUp, counts.measured);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / counts.measured;
};

const pairOf = (index: number): [ann: string, bob: string] => [
  `ann-${index % pairs}`,
  `bob-${index % pairs}`,
];

/** A message as the route takes it and answers it, without the Functions host. */
const acceptOf = (services: Services, signingKey: string): Operation => {
  const route = routesOf(services).find(({ name }) => name === 'sendMessage');
  if (route === undefined) throw new Error('The app has no route sendMessage.');
  const tokens = Array.from({ length: pairs }, (_, index) => signToken(pairOf(index)[0], signingKey));
  return async (index) => {
    const text = JSON.stringify({
      ...{ receiverId: pairOf(index)[1], messageText: `Message ${index}` },
      clientMessageId: `accepted-${index}`,
    });
    const request = new HttpRequest({
      ...{ method: 'POST', url: 'http://localhost/api/sendMessage', body: { string: text } },
      headers: {
        authorization: `Bearer ${tokens[index % pairs] ?? ''}`,
        'content-type': 'application/json',
      },
    });
    const context = new InvocationContext({ functionName: route.name, logHandler: () => undefined });
    const answer = await route.handler(request, context);
    const status = 'status' in answer ? answer.status : undefined;
    if (status !== 202) throw new Error(`sendMessage answered ${status ?? 'nothing'}.`);
  };
};

/** A message from the queue to two users who are online. */
const deliverOf =
  (services: Services): Operation =>
  async (index) => {
    const [from, to] = pairOf(index);
    const [conversationId, clientMessageId] = [directConversationId(from, to), `delivered-${index}`];
    const outcome = await services.deliverMessage({
      ...{ v: envelopeVersion, kind: 'message', traceparent },
      message: {
        ...{ conversationId, clientMessageId, senderId: from, directMembers: [from, to] },
        messageId: messageIdOf(conversationId, from, clientMessageId),
        messageText: `Message ${index}`,
        ...{ attachment: null, attachmentUrl: null },
        acceptedAt: new Date().toISOString(),
      },
    });
    if (outcome.parked) throw new Error(`It was put aside: ${outcome.detail}`);
  };

/** The receipt of a message that was delivered before. */
const receiptOf =
  (services: Services): Operation =>
  (index) => {
    const [from, to] = pairOf(index);
    const seq = Math.floor(index / pairs) + 1;
    return services.acknowledgeMessages(to, directConversationId(from, to), [seq], { traceparent });
  };

const connectAll = async (services: Services): Promise<void> => {
  const token = { id: 'bench', generation: 0, issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER };
  for (let index = 0; index < pairs; index++)
    for (const userId of pairOf(index)) await services.admitClient(userId, `of-${userId}`, token);
};

/** What the app's own code, with the SDKs under it, costs for a message: the Functions host is left out. */
export const benchApp = async ({ dataDir }: MicroOptions): Promise<ScenarioResult> => {
  const sample = fillSecrets(readFileSync(join(root, 'local.settings.sample.json'), 'utf8'));
  const { Values } = JSON.parse(sample) as { Values: Record<string, string> };
  const stack = await startStack({
    services: ['azurite', 'service-bus', 'web-pubsub'],
    appDir: root,
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    ...{ dataDir, storageInMemory: true },
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: {
      ...Values,
      SEND_RATE: '1000000',
      SEND_BURST: '1000000',
      MODERATION_SAME_TEXT_PER_MINUTE: '0',
    },
    env: process.env,
  });
  const config = loadConfig(stack.settings);
  const services = createServices(config, openClients(config, undefined, leanHttpClient()));
  try {
    await services.prepare();
    await connectAll(services);
    const accept = await cost(acceptOf(services, stack.settings.AUTH_SIGNING_KEY ?? ''));
    const deliver = await cost(deliverOf(services));
    const receipt = await cost(receiptOf(services));
    return { figures: { accept, deliver, receipt }, faults: noFaults, otherPercent: 0, details: counts };
  } finally {
    await services.close();
    await stack.stop();
  }
};
