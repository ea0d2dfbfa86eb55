import { randomUUID } from 'node:crypto';
import { BlobAttachments } from '../../shared/adapters/blobs/blob-attachments.ts';
import { BlobExportFiles } from '../../shared/adapters/blobs/blob-export-files.ts';
import { DefenderScan, noScan } from '../../shared/adapters/blobs/defender-scan.ts';
import { ScryptPasswordHasher } from '../../shared/adapters/crypto/scrypt-password-hasher.ts';
import { HttpWebhookEndpoint } from '../../shared/adapters/http/http-webhook-endpoint.ts';
import { leewaySeconds } from '../../shared/adapters/jose/verified-tokens.ts';
import { SharedRateLimiter } from '../../shared/adapters/limits/shared-rate-limiter.ts';
import { MemoryFailedTries } from '../../shared/adapters/memory/memory-failed-tries.ts';
import { TokenBucketRateLimiter } from '../../shared/adapters/memory/token-bucket-rate-limiter.ts';
import { ServiceBusDeadLetters } from '../../shared/adapters/service-bus/service-bus-dead-letters.ts';
import { ServiceBusEventFeed } from '../../shared/adapters/service-bus/service-bus-event-feed.ts';
import { ServiceBusOutbox } from '../../shared/adapters/service-bus/service-bus-outbox.ts';
import { ServiceBusQueues } from '../../shared/adapters/service-bus/service-bus-queues.ts';
import { ServiceBusWebhookTasks } from '../../shared/adapters/service-bus/service-bus-webhook-tasks.ts';
import { ConversationHeads } from '../../shared/adapters/tables/conversation-heads.ts';
import { TableAccounts } from '../../shared/adapters/tables/table-accounts.ts';
import { TableAttachmentLooks } from '../../shared/adapters/tables/table-attachment-looks.ts';
import { TableAudit } from '../../shared/adapters/tables/table-audit.ts';
import { TableBlocks } from '../../shared/adapters/tables/table-blocks.ts';
import { TableChangeLog } from '../../shared/adapters/tables/table-change-log.ts';
import { TableConversationLog } from '../../shared/adapters/tables/table-conversation-log.ts';
import { TableExpiries } from '../../shared/adapters/tables/table-expiries.ts';
import { TableFailedTries } from '../../shared/adapters/tables/table-failed-tries.ts';
import { TableInbox } from '../../shared/adapters/tables/table-inbox.ts';
import { TableJobs } from '../../shared/adapters/tables/table-jobs.ts';
import { TableMessageSearch } from '../../shared/adapters/tables/table-message-search.ts';
import { TablePresence } from '../../shared/adapters/tables/table-presence.ts';
import { TableRateBuckets } from '../../shared/adapters/tables/table-rate-buckets.ts';
import { TableRevocations } from '../../shared/adapters/tables/table-revocations.ts';
import { TableUserNames } from '../../shared/adapters/tables/table-user-names.ts';
import { TableWaitingEvents } from '../../shared/adapters/tables/table-waiting-events.ts';
import { TableWebhooks } from '../../shared/adapters/tables/table-webhooks.ts';
import { createTables, openTables, type Tables } from '../../shared/adapters/tables/tables.ts';
import { WebPubSubBroadcaster } from '../../shared/adapters/web-pubsub/web-pubsub-broadcaster.ts';
import type { Config } from '../../shared/config.ts';
import { isFor } from '../../shared/domain/webhook.ts';
import type { Timer } from '../../shared/ports/clock.ts';
import type { EventFeed } from '../../shared/ports/event-feed.ts';
import type { openClients } from '../clients.ts';
import { limitsOf } from '../limits.ts';
import {
  observedBroadcaster,
  observedInbox,
  observedOutbox,
  observedRateLimiter,
} from '../telemetry/observed.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { identityOf } from './identity.ts';
import { moderatorOf } from './moderators.ts';

type Clients = ReturnType<typeof openClients>;

/** What use cases are made from. */
export type Adapters = ReturnType<typeof openAdapters>;

const clock: Timer = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Where nobody listens, nothing is told. */
const nobodysEvents: EventFeed & { close: () => Promise<void> } = {
  publish: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const openStore = (tables: Tables) => {
  const heads = new ConversationHeads(tables);
  const log = new TableConversationLog(tables, heads);
  return {
    log,
    changes: new TableChangeLog(tables, heads),
    search: new TableMessageSearch(tables, log),
    expiries: new TableExpiries(tables),
    presence: new TablePresence(tables, clock),
    blocks: new TableBlocks(tables, clock),
    accounts: new TableAccounts(tables),
    names: new TableUserNames(tables),
    revocations: new TableRevocations(tables, clock, leewaySeconds),
    looks: new TableAttachmentLooks(tables),
    jobs: new TableJobs(tables),
    audit: new TableAudit(tables),
    webhooks: new TableWebhooks(tables, clock),
    waiting: new TableWaitingEvents(tables),
    buckets: new TableRateBuckets(tables),
  };
};

/** Limits of all instances together, or of each by itself. */
const openLimits = (config: Config, tables: Tables, buckets: TableRateBuckets) => {
  const limits = limitsOf(config);
  return config.rates.areShared
    ? {
        rateLimiter: new SharedRateLimiter(clock, buckets, limits),
        failedTries: new TableFailedTries(tables),
      }
    : { rateLimiter: new TokenBucketRateLimiter(clock, limits), failedTries: new MemoryFailedTries() };
};

/** Makes what the ports mean: each of them over the service that the settings name. Nothing is connected yet. */
export const openAdapters = (config: Config, clients: Clients) => {
  const tables = openTables(clients.openTable);
  const store = openStore(tables);
  const telemetry = new Telemetry(config.telemetry);
  const outbox = observedOutbox(new ServiceBusOutbox(clients.openServiceBus, clock, config), telemetry);
  const events = config.tellsEvents
    ? new ServiceBusEventFeed(clients.openServiceBus, async (event) =>
        (await store.webhooks.list('cached')).some((webhook) => isFor(webhook, event)),
      )
    : nobodysEvents;
  const webhookTasks = new ServiceBusWebhookTasks(clients.openServiceBus);
  const attachments = new BlobAttachments(clients.blobs, tables, clock, {
    ...config.attachment,
    accountKey: clients.accountKey,
  });
  const files = new BlobExportFiles(clients.blobs, attachments);
  const { rateLimiter, failedTries } = openLimits(config, tables, store.buckets);
  return {
    ...store,
    ...identityOf(config, { ...store, clock }),
    clock,
    /** A fresh id. */
    newId: randomUUID,
    /** What working off a queue takes. */
    work: { outbox, timer: clock, random: Math.random },
    telemetry,
    inbox: observedInbox(new TableInbox(tables), telemetry),
    outbox,
    events,
    webhookTasks,
    endpoint: new HttpWebhookEndpoint(config.webhooks),
    broadcaster: observedBroadcaster(new WebPubSubBroadcaster(clients.hub, clock, config), telemetry),
    attachments,
    scan: config.attachment.scan === 'defender' ? new DefenderScan(clients.blobs) : noScan,
    files,
    moderator: moderatorOf(config, clients, clock),
    hasher: new ScryptPasswordHasher(),
    rateLimiter: observedRateLimiter(rateLimiter, telemetry),
    failedTries,
    deadLetters: new ServiceBusDeadLetters(clients.openServiceBus),
    queues: new ServiceBusQueues(clients.openServiceBus),
    /** Creates what is missing of tables and containers. */
    prepare: async (): Promise<void> => {
      await Promise.all([createTables(tables), attachments.createContainer(), files.createContainer()]);
    },
    close: async (): Promise<void> => {
      await Promise.all([outbox.close(), events.close(), webhookTasks.close()]);
      await telemetry.close();
    },
  };
};
