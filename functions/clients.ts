import type { HttpClient } from '@azure/core-rest-pipeline';
import { AzureNamedKeyCredential, TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { settingOf, type Config, type Reach } from '../shared/config.ts';
import { leanHttpClient } from './clients/http-client.ts';
import { keepTokens } from './clients/hub-tokens.ts';
import { LeanTableClient } from './clients/lean-table-client.ts';
import { sendWithoutDelay } from './clients/no-delay.ts';

/** The hub that clients connect to. */
export const hubName = 'chat';

/** How long a call may take, in ms. */
export interface TimeLimits {
  /** Until an answer begins. */
  answerMs: number;
  /** Until it is there whole, with all tries and the waits between them. */
  callMs: number;
}

/** A request has somebody waiting, and a queue message is tried again by its own function. */
const standardLimits: TimeLimits = { answerMs: 5000, callMs: 12_000 };

/** Short waits, for the same reason. */
const retryOptions = { maxRetries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };
const blobRetryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };

/** Service Bus is tried again by the outbox, over a new connection; this is how long the SDK goes on by itself. */
const serviceBusOptions = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } };

/** The SDKs have no time limit of their own: without this a call to a server that never answers lasts for ever. */
const timeLimit = ({
  answerMs,
  callMs,
}: TimeLimits): NonNullable<TableServiceClientOptions['additionalPolicies']> => [
  {
    position: 'perCall',
    policy: {
      name: 'timeLimit',
      sendRequest: async (request, next) => {
        const end = new AbortController();
        const timer = setTimeout(() => end.abort(), callMs);
        const { abortSignal } = request;
        abortSignal?.addEventListener('abort', () => end.abort());
        request.timeout = answerMs;
        request.abortSignal = end.signal;
        try {
          return await next(request);
        } finally {
          clearTimeout(timer);
        }
      },
    },
  },
];

interface RestOptions extends Pick<TableServiceClientOptions, 'additionalPolicies' | 'retryOptions'> {
  httpClient: HttpClient;
  allowInsecureConnection: true;
}

const openStorage = (reach: Reach, credential: () => TokenCredential, options: RestOptions) => {
  if ('connectionString' in reach) {
    const { connectionString } = reach;
    // The settings were refused without them.
    const name = settingOf(connectionString, 'AccountName') ?? '';
    const key = settingOf(connectionString, 'AccountKey') ?? '';
    const { url } = TableClient.fromConnectionString(connectionString, 'any');
    return {
      openTable: (table: string): TableClient =>
        new LeanTableClient(url, table, new AzureNamedKeyCredential(name, key), options),
      blobs: BlobServiceClient.fromConnectionString(connectionString, { retryOptions: blobRetryOptions }),
      accountKey: new StorageSharedKeyCredential(name, key),
    };
  }
  const url = (service: string): string => `https://${reach.address}.${service}.core.windows.net`;
  return {
    openTable: (table: string): TableClient =>
      new LeanTableClient(url('table'), table, credential(), options),
    blobs: new BlobServiceClient(url('blob'), credential(), { retryOptions: blobRetryOptions }),
    accountKey: undefined,
  };
};

const openHub = (
  reach: Reach,
  credential: () => TokenCredential,
  options: RestOptions,
): WebPubSubServiceClient => {
  if ('address' in reach) return new WebPubSubServiceClient(reach.address, credential(), hubName, options);
  const { connectionString } = reach;
  const hub = new WebPubSubServiceClient(connectionString, hubName, options);
  return keepTokens(hub, settingOf(connectionString, 'AccessKey') ?? '');
};

/**
 * Makes the SDK clients of the services that the settings name; nothing is connected yet.
 * @param limits of each call to Table Storage and Web PubSub; the other adapters have their own
 * @param httpClient that carries those calls
 */
export const openClients = (
  config: Config,
  limits: TimeLimits = standardLimits,
  httpClient: HttpClient = leanHttpClient(),
) => {
  let identity: TokenCredential | undefined;
  const credential = (): TokenCredential =>
    (identity ??= new DefaultAzureCredential(
      config.identityClientId === undefined ? {} : { managedIdentityClientId: config.identityClientId },
    ));
  const { serviceBus, webPubSub } = config;
  sendWithoutDelay();
  const options: RestOptions = {
    httpClient,
    allowInsecureConnection: true,
    retryOptions,
    additionalPolicies: timeLimit(limits),
  };
  return {
    httpClient,
    credential,
    ...openStorage(config.storage, credential, options),
    openServiceBus: (): ServiceBusClient =>
      'connectionString' in serviceBus
        ? new ServiceBusClient(serviceBus.connectionString, serviceBusOptions)
        : new ServiceBusClient(serviceBus.address, credential(), serviceBusOptions),
    hub: openHub(webPubSub.reach, credential, options),
  };
};
