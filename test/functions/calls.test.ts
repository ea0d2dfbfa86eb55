import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openClients } from '../../functions/clients.ts';
import { leanHttpClient } from '../../functions/clients/http-client.ts';
import { createServices, type Services } from '../../functions/services.ts';
import { startServiceBus, type ServiceBus, type ServiceBusConfig } from '../../local/service-bus/index.ts';
import { startWebPubSub, type WebPubSub } from '../../local/web-pubsub/index.ts';
import { loadConfig } from '../../shared/config.ts';
import { newConversation } from '../../shared/contract/conversations.ts';
import { conversationsQuery } from '../../shared/contract/lists.ts';
import { envelopeVersion } from '../../shared/contract/queue.ts';
import { sendMessageRequest } from '../../shared/contract/send-message.ts';
import { isGroup } from '../../shared/domain/identifiers.ts';
import type { AcceptedMessage } from '../../shared/domain/message.ts';
import { startAzurite, type Azurite } from '../support/azurite.ts';
import { anAcceptedMessage, aUser } from '../support/builders.ts';
import { CallCounter, type Calls } from '../support/calls.ts';
import { tracing } from '../support/fakes.ts';

/**
 * What each thing that happens often costs: calls to the real services through the real clients. A saving that is lost
 * again, or a look that one more feature takes, shows here. To add a use case, add a row.
 */

let azurite: Azurite;
let broker: ServiceBus;
let webPubSub: WebPubSub;
let services: Services;
const counter = new CallCounter();

beforeAll(async () => {
  const serviceBusConfig = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;
  azurite = await startAzurite();
  broker = await startServiceBus({ port: 0, config: serviceBusConfig });
  webPubSub = await startWebPubSub({ port: 0, config: {} });
  const config = loadConfig({
    StorageConnection: azurite.tables + azurite.blobs.replace(/^.*(?=BlobEndpoint)/, ''),
    ServiceBusConnection: broker.connectionString,
    WebPubSubConnection: webPubSub.connectionString,
    AUTH_SIGNING_KEY: 'k7Jq3vXz9Rb2Wm5Tn8Yc4Ld6Hf1Gs0Pa-'.repeat(2),
    RECEIVERS: 'any',
    SEND_RATE: '1000',
    SEND_BURST: '1000',
  });
  const clients = openClients(config, undefined, counter.http(leanHttpClient()));
  const { openServiceBus } = clients;
  services = createServices(config, {
    ...clients,
    openServiceBus: () => counter.serviceBus(openServiceBus()),
  });
  await services.prepare();
  // What is remembered for a second or two is so however slow the machine.
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
}, 60_000);

afterAll(async () => {
  vi.useRealTimers();
  await services.close();
  await Promise.all([broker.stop(), webPubSub.stop(), azurite.stop()]);
});

const send = (senderId: string, to: { receiverId: string } | { conversationId: string }) =>
  services.sendMessage(
    senderId,
    {
      conversationId: 'conversationId' in to ? to.conversationId : undefined,
      draft: () =>
        Promise.resolve(sendMessageRequest(services.messageLimits).parse({ ...to, messageText: 'Hello' })),
    },
    tracing,
  );

const deliver = async (message: AcceptedMessage): Promise<void> => {
  const outcome = await services.deliverMessage({ v: envelopeVersion, kind: 'message', ...tracing, message });
  if (outcome.parked) throw new Error(`It was put aside: ${outcome.detail}`);
};

/** Edits a message. */
const change = async (userId: string, conversationId: string, messageId: string): Promise<void> => {
  const outcome = await services.deliverMessage({
    v: envelopeVersion,
    kind: 'change',
    ...tracing,
    change: {
      changeId: randomUUID(),
      conversationId,
      userId,
      acceptedAt: new Date().toISOString(),
      action: { type: 'edit', messageId, messageText: 'Changed' },
    },
  });
  if (outcome.parked) throw new Error(`It was put aside: ${outcome.detail}`);
};

/** Lets a device in and tells it so. @returns what it was let in with */
const connect = async (userId: string, connectionId: string): Promise<void> => {
  const { fingerprint } = await services.admitClient(userId, connectionId);
  await services.connectClient(userId, connectionId, fingerprint);
};

/** Two users with a conversation of two messages; ann is online. */
const aPair = async ({ bo: isBoOnline }: { bo: boolean }) => {
  const [ann, bo] = [aUser('ann'), aUser('bo')];
  await connect(ann, randomUUID());
  if (isBoOnline) await connect(bo, randomUUID());
  const from = (more: Partial<AcceptedMessage> = {}) =>
    anAcceptedMessage({ from: ann, to: bo, acceptedAt: new Date().toISOString(), ...more });
  await deliver(from());
  await deliver(from());
  return { ann, bo, from, conversationId: from().conversationId };
};

const aGroupOfFive = async () => {
  const ann = aUser('ann');
  const others = Array.from({ length: 4 }, () => aUser('member'));
  const { conversation } = await services.createConversation(
    ann,
    newConversation.parse({ type: 'group', memberIds: others }),
  );
  for (const userId of [ann, ...others]) await connect(userId, randomUUID());
  const message = () =>
    anAcceptedMessage({
      from: ann,
      to: others[0] ?? '',
      conversationId: conversation.id,
      directMembers: null,
      acceptedAt: new Date().toISOString(),
    });
  await deliver(message());
  if (!isGroup(conversation.id)) throw new Error('It is no group.');
  return { ann, others, message, conversationId: conversation.id };
};

/** Ann and six others, each of whom has written to her. */
const sixConversations = async (): Promise<string> => {
  const ann = aUser('ann');
  for (let count = 0; count < 6; count++)
    await deliver(anAcceptedMessage({ from: aUser('writer'), to: ann }));
  return ann;
};

/** Brings about what has to be there, and gives what is then measured. */
type UseCase = () => Promise<() => Promise<unknown>>;

const useCases: Record<string, [UseCase, Calls]> = {
  'sending to a user': [
    async () => {
      const { ann, bo } = await aPair({ bo: true });
      await send(ann, { receiverId: bo });
      return () => send(ann, { receiverId: bo });
    },
    { tables: 0, rows: 0, serviceBus: 1, webPubSub: 0 },
  ],
  'sending to a conversation, again and again': [
    async () => {
      const { ann, conversationId } = await aPair({ bo: true });
      await send(ann, { conversationId });
      return () => send(ann, { conversationId });
    },
    { tables: 0, rows: 0, serviceBus: 1, webPubSub: 0 },
  ],
  'delivering to a pair who are there': [
    async () => {
      const { from } = await aPair({ bo: true });
      return () => deliver(from());
    },
    { tables: 1, rows: 3, serviceBus: 1, webPubSub: 2 },
  ],
  'delivering to one who is away': [
    async () => {
      const { from } = await aPair({ bo: false });
      return () => deliver(from());
    },
    { tables: 3, rows: 4, serviceBus: 1, webPubSub: 1 },
  ],
  'delivering to a group of five who are there': [
    async () => {
      const { message } = await aGroupOfFive();
      await deliver(message());
      return () => deliver(message());
    },
    { tables: 1, rows: 3, serviceBus: 1, webPubSub: 1 },
  ],
  'the first receipt of a message': [
    async () => {
      const { bo, conversationId } = await aPair({ bo: true });
      return () => services.acknowledgeMessages(bo, conversationId, [1, 2]);
    },
    { tables: 3, rows: 2, serviceBus: 0, webPubSub: 2 },
  ],
  'a receipt of a message': [
    async () => {
      const { bo, from, conversationId } = await aPair({ bo: true });
      await services.acknowledgeMessages(bo, conversationId, [1]);
      await deliver(from());
      return () => services.acknowledgeMessages(bo, conversationId, [2, 3]);
    },
    { tables: 1, rows: 2, serviceBus: 0, webPubSub: 2 },
  ],
  // The first such receipt has looked at what lies below; one above it need not.
  'a receipt above what never arrived': [
    async () => {
      const { bo, from, conversationId } = await aPair({ bo: true });
      await deliver(from());
      await services.acknowledgeMessages(bo, conversationId, [2]);
      return () => services.acknowledgeMessages(bo, conversationId, [3]);
    },
    { tables: 1, rows: 1, serviceBus: 0, webPubSub: 0 },
  ],
  'a receipt of reading': [
    async () => {
      const { bo, conversationId } = await aPair({ bo: true });
      await services.acknowledgeMessages(bo, conversationId, [1, 2]);
      return () => services.recordReceipt(bo, 'read', conversationId, () => Promise.resolve(2));
    },
    { tables: 1, rows: 2, serviceBus: 0, webPubSub: 2 },
  ],
  'a receipt that was there already': [
    async () => {
      const { bo, conversationId } = await aPair({ bo: true });
      await services.acknowledgeMessages(bo, conversationId, [1, 2]);
      return () => services.acknowledgeMessages(bo, conversationId, [1, 2]);
    },
    { tables: 0, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'showing that somebody types': [
    async () => {
      const { ann, conversationId } = await aPair({ bo: true });
      const type = () => services.showTyping(ann, conversationId, () => Promise.resolve({ isTyping: true }));
      await type();
      return type;
    },
    { tables: 1, rows: 0, serviceBus: 0, webPubSub: 1 },
  ],
  'the first device of a user coming': [
    async () => {
      const { bo } = await aPair({ bo: false });
      return () => connect(bo, 'first');
    },
    { tables: 5, rows: 2, serviceBus: 1, webPubSub: 1 },
  ],
  'the last device of a user going': [
    async () => {
      const { bo } = await aPair({ bo: false });
      await connect(bo, 'last');
      return () => services.disconnectClient(bo, 'last');
    },
    { tables: 4, rows: 3, serviceBus: 1, webPubSub: 0 },
  ],
  // The list, each head, then of the page and the one behind it the members and what is unread, and four names.
  'listing a page of three of six conversations': [
    async () => {
      const ann = await sixConversations();
      return () => services.listConversations(ann, conversationsQuery.parse({ limit: '3' }));
    },
    { tables: 1 + 6 + 2 * 4 + 5, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'listing them again': [
    async () => {
      const ann = await sixConversations();
      const list = () => services.listConversations(ann, conversationsQuery.parse({ limit: '3' }));
      await list();
      return list;
    },
    { tables: 1 + 6 + 2 * 4, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'counting what is unread in six conversations': [
    async () => {
      const ann = await sixConversations();
      return () => services.countUnread(ann);
    },
    { tables: 1 + 2 * 6, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'reading a full page of the inbox': [
    async () => {
      const { bo, from } = await aPair({ bo: false });
      for (let count = 0; count < 10; count++) await deliver(from());
      return () => services.readInbox(bo, 10, undefined);
    },
    { tables: 3, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'reading a page of the inbox when something has changed since': [
    async () => {
      const { ann, bo, from, conversationId } = await aPair({ bo: false });
      for (let count = 0; count < 8; count++) await deliver(from());
      const { messageId } = from({ clientMessageId: 'to be changed' });
      await deliver(from({ clientMessageId: 'to be changed' }));
      await change(ann, conversationId, messageId);
      return () => services.readInbox(bo, 10, undefined);
    },
    { tables: 4, rows: 0, serviceBus: 0, webPubSub: 0 },
  ],
  'acknowledging ten messages of the inbox': [
    async () => {
      const { bo, from } = await aPair({ bo: false });
      for (let count = 0; count < 8; count++) await deliver(from());
      const { items } = await services.readInbox(bo, 10, undefined);
      const inboxIds = items.map(({ inboxId }) => inboxId);
      return () => services.acknowledgeInbox(bo, inboxIds);
    },
    { tables: 12, rows: 12, serviceBus: 0, webPubSub: 1 },
  ],
};

test.each(Object.keys(useCases))('%s takes no more calls than it needs', async (name) => {
  const [prepare, expected] = useCases[name] ?? [];
  const run = await prepare?.();
  counter.take();
  await run?.();
  expect(counter.take()).toEqual(expected);
});

test('a storm of 200 devices that come back at once costs each three reads, whoever they belong to', async () => {
  const users = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const [userId, other] = [aUser('storm'), aUser('other')];
      await services.createConversation(
        userId,
        newConversation.parse({ type: 'direct', memberIds: [other] }),
      );
      return userId;
    }),
  );
  const devices = users.flatMap((userId) => [userId, userId]);
  counter.takeReads();
  counter.take();
  await Promise.all(devices.map((userId) => connect(userId, randomUUID())));
  const { tables, webPubSub } = counter.take();
  // The conversations when it is let in, and again when it is there; who else is there of its user.
  expect(counter.takeReads()).toBe(devices.length * 3);
  // What it writes, and what it is told, do not grow with the storm either.
  expect(tables).toBeLessThanOrEqual(devices.length * 5);
  expect(webPubSub).toBe(devices.length);
});
