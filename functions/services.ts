import type { Config } from '../shared/config.ts';
import { hubName, openClients } from './clients.ts';
import { secretOf } from './cloud-events/mac.ts';
import { openAdapters } from './services/adapters.ts';
import { attachmentServices } from './services/attachments.ts';
import { connectionServices } from './services/connections.ts';
import { conversationServices } from './services/conversations.ts';
import { deliveryServices } from './services/delivery.ts';
import { trustOf } from './services/identity.ts';
import { jobServices } from './services/jobs.ts';
import { messageServices } from './services/messages.ts';
import { operationServices } from './services/operations.ts';
import { userServices } from './services/users.ts';
import { webhookServices } from './services/webhooks.ts';

/** What all functions are made from. */
export type Services = ReturnType<typeof createServices>;

/** The composition root: use cases, by subject, made from the adapters that the settings ask for. */
export const createServices = (config: Config, clients = openClients(config)) => {
  const adapters = openAdapters(config, clients);
  const { clock, telemetry, authenticator, anyAuthenticator, prepare, close } = adapters;
  return {
    clock,
    telemetry,
    authenticator,
    /** Lets in also who is erased, and tokens that were taken back. */
    anyAuthenticator,
    prepare,
    close,
    http: config.http,
    messageLimits: {
      maxMessageLength: config.message.maxLength,
      maxAttachmentBytes: config.attachment.maxBytes,
    },
    webPubSub: {
      /** As the service names itself when it asks to send events: its host, with the port if that is not the usual. */
      host: new URL(config.webPubSub.endpoint).host,
      hub: hubName,
      trust: trustOf(config.webPubSub.events, clock),
      /** What our own tickets and bindings are signed with. */
      secrets: [secretOf(config.webPubSub.connectionKey)],
    },

    ...userServices(adapters, config),
    ...conversationServices(adapters),
    ...messageServices(adapters, config),
    ...attachmentServices(adapters),
    ...connectionServices(adapters, config),
    ...deliveryServices(adapters, config),
    ...jobServices(adapters),
    ...webhookServices(adapters, config),
    ...operationServices(adapters, config),
  };
};
