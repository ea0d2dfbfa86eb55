import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openClients } from '../../../functions/clients.ts';
import { leanHttpClient } from '../../../functions/clients/http-client.ts';
import { createServices, type Services } from '../../../functions/services.ts';
import { startServiceBus, type ServiceBusConfig } from '../../../local/service-bus/index.ts';
import { startWebPubSub } from '../../../local/web-pubsub/index.ts';
import { loadConfig } from '../../../shared/config.ts';
import { newConversation } from '../../../shared/contract/conversations.ts';
import { envelopeVersion } from '../../../shared/contract/queue.ts';
import { sendMessageRequest } from '../../../shared/contract/send-message.ts';
import type { ChangeAction } from '../../../shared/domain/change.ts';
import type { AcceptedMessage } from '../../../shared/domain/message.ts';
import { startAzurite } from '../../support/azurite.ts';
import { anAcceptedMessage, aToken, aUser } from '../../support/builders.ts';
import { CallCounter } from '../../support/calls.ts';
import { tracing } from '../../support/fakes.ts';

/** Brings about what has to be there, and gives what is then measured. */
export type UseCase = () => Promise<() => Promise<unknown>>;

const signingKey = 'k7Jq3vXz9Rb2Wm5Tn8Yc4Ld6Hf1Gs0Pa-'.repeat(2);

/** The services as they are deployed, on real parts, with whose functions were called. */
const open = async () => {
  const serviceBusConfig = JSON.parse(readFileSync('infra/service-bus.json', 'utf8')) as ServiceBusConfig;
  const azurite = await startAzurite();
  const broker = await startServiceBus({ port: 0, config: serviceBusConfig });
  const webPubSub = await startWebPubSub({ port: 0, config: {} });
  const counter = new CallCounter();
  const config = loadConfig({
    StorageConnection: azurite.tables + azurite.blobs.replace(/^.*(?=BlobEndpoint)/, ''),
    ServiceBusConnection: broker.connectionString,
    WebPubSubConnection: webPubSub.connectionString,
    AUTH_SIGNING_KEY: signingKey,
    RECEIVERS: 'any',
    SEND_RATE: '1000',
    SEND_BURST: '1000',
    CREATE_PER_MINUTE: '100000',
    WEBHOOKS_ALLOW_PRIVATE: 'on',
  });
  const clients = openClients(config, undefined, counter.http(leanHttpClient()));
  const { openServiceBus } = clients;
  const services = createServices(config, {
    ...clients,
    openServiceBus: () => counter.serviceBus(openServiceBus()),
  });
  await services.prepare();
  const close = async (): Promise<void> => {
    await services.close();
    await Promise.all([broker.stop(), webPubSub.stop(), azurite.stop()]);
  };
  return { services, counter, close };
};

/** What is done in it, in short. */
export const openChat = async () => {
  const { services: all, counter, close } = await open();
  const called = new Set<string>();
  /** The same services, which note what is called of them. */
  const services = new Proxy(all, {
    get: (target, name: keyof Services) => {
      called.add(name);
      return target[name];
    },
  });

  /** Works off a queue message. */
  const workOff = async (envelope: object): Promise<void> => {
    const outcome = await services.deliverMessage({ v: envelopeVersion, ...tracing, ...envelope });
    if (outcome.parked) throw new Error(`It was put aside: ${outcome.detail}`);
  };

  const create = (userId: string, request: { type: 'direct' | 'group'; memberIds: string[] }) =>
    services.createConversation(userId, newConversation.parse(request));

  const chat = {
    services,
    counter,
    close,
    create,
    /** Names of the services that were used since this was last asked. */
    takeCalled: (): string[] => {
      const names = [...called];
      called.clear();
      return names;
    },
    send: (senderId: string, to: { receiverId: string } | { conversationId: string }) =>
      services.sendMessage(
        senderId,
        {
          conversationId: 'conversationId' in to ? to.conversationId : undefined,
          draft: () =>
            Promise.resolve(
              sendMessageRequest(services.messageLimits).parse({ ...to, messageText: 'Hello' }),
            ),
        },
        tracing,
      ),
    deliver: (message: AcceptedMessage): Promise<void> => workOff({ kind: 'message', message }),
    /** Makes a change, as its turn has come. */
    change: (userId: string, conversationId: string, action: ChangeAction): Promise<void> =>
      workOff({
        kind: 'change',
        change: {
          ...{ changeId: randomUUID(), conversationId, userId, action },
          acceptedAt: new Date().toISOString(),
        },
      }),
    /** Asks for a change. */
    ask: (userId: string, conversationId: string, action: ChangeAction) =>
      services.requestChange(
        userId,
        conversationId,
        () => Promise.resolve({ clientChangeId: undefined, action }),
        tracing,
      ),
    /** Lets a device in and tells it so. */
    connect: async (userId: string, connectionId: string): Promise<void> => {
      const { fingerprint } = await services.admitClient(userId, connectionId, aToken());
      await services.connectClient(userId, connectionId, fingerprint);
    },
    /** Two users with a conversation of two messages; ann is online. */
    aPair: async ({ bo: isBoOnline = true }: { bo?: boolean } = {}) => {
      const [ann, bo] = [aUser('ann'), aUser('bo')];
      await chat.connect(ann, randomUUID());
      if (isBoOnline) await chat.connect(bo, randomUUID());
      const from = (more: Partial<AcceptedMessage> = {}) =>
        anAcceptedMessage({ from: ann, to: bo, acceptedAt: new Date().toISOString(), ...more });
      const { messageId, conversationId } = from({ clientMessageId: 'the first' });
      await chat.deliver(from({ clientMessageId: 'the first' }));
      await chat.deliver(from());
      return { ann, bo, from, conversationId, messageId };
    },
    /** A group with a message; all five are online. */
    aGroupOfFive: async () => {
      const ann = aUser('ann');
      const others = Array.from({ length: 4 }, () => aUser('member'));
      const { conversation } = await create(ann, { type: 'group', memberIds: others });
      for (const userId of [ann, ...others]) await chat.connect(userId, randomUUID());
      const message = () =>
        anAcceptedMessage({
          ...{ from: ann, to: others[0] ?? '', conversationId: conversation.id, directMembers: null },
          acceptedAt: new Date().toISOString(),
        });
      const first = message();
      await chat.deliver(first);
      return { ann, others, message, conversationId: conversation.id, messageId: first.messageId };
    },
    /** Ann and six others, each of whom has written to her. */
    sixConversations: async (): Promise<string> => {
      const ann = aUser('ann');
      for (let count = 0; count < 6; count++)
        await chat.deliver(anAcceptedMessage({ from: aUser('writer'), to: ann }));
      return ann;
    },
  };
  return chat;
};

export type CountedChat = Awaited<ReturnType<typeof openChat>>;
