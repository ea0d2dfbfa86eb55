/** A Service Bus broker for one machine. See README.md. */
import { readConfig } from './config/config.ts';
import type { Entities, ServiceBusConfig } from './config/config.ts';
import { Namespace } from './engine/namespace.ts';
import { restore } from './engine/restore.ts';
import { listen } from './server/server.ts';
import type { BrokerServer } from './server/server.ts';
import { SqliteJournal } from './store/sqlite-journal.ts';

export type { ServiceBusConfig } from './config/config.ts';

export interface ServiceBusOptions {
  /** Default 5672; 0 takes any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The parsed entities file. */
  readonly config: ServiceBusConfig;
  /** Folder of the journal; without it state is in memory only. */
  readonly dataDir?: string;
  /** Certificate and key in PEM; with them the port also speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly log?: (line: string) => void;
  /** The journal can no longer be written. The broker has closed its port by then: it cannot keep what it is sent. */
  readonly onFailure?: (error: unknown) => void;
}

export interface ServiceBus {
  readonly port: number;
  /** For `new ServiceBusClient(…)`. */
  readonly connectionString: string;
  /** Ends all connections; resolves when the port is free and the journal closed. */
  stop(): Promise<void>;
}

/**
 * Starts a broker with the entities of a configuration.
 * @throws ConfigError if the configuration is not valid; Node's error (`EADDRINUSE`) if the port cannot be had
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const { port = 5672, host = '127.0.0.1', log = () => undefined } = options;
  const entities = readConfig(options.config);
  const journal = options.dataDir === undefined ? undefined : new SqliteJournal(options.dataDir);
  let server: BrokerServer | undefined;
  const namespace = new Namespace({
    ...(journal && { journal, lastSequenceNumber: (path) => journal.lastSequenceNumber(path) }),
    onFailure: (error) => {
      log(`The journal cannot be written, nothing is acknowledged any more: ${String(error)}`);
      void server?.close();
      options.onFailure?.(error);
    },
  });
  try {
    createEntities(namespace, entities);
    if (journal) restoreAll(namespace, journal, log);
    server = await listen({ namespace, port, host, tls: options.tls, log });
  } catch (error) {
    namespace.stop();
    journal?.close();
    throw error;
  }
  return {
    port: server.port,
    connectionString: connectionString(server.port),
    stop: async () => {
      await server.close();
      namespace.stop();
      journal?.close();
    },
  };
}

function createEntities(namespace: Namespace, { queues, topics }: Entities): void {
  for (const { name, settings } of queues) namespace.createQueue(name, settings);
  for (const { name, settings, subscriptions } of topics) {
    const topic = namespace.createTopic(name, settings);
    for (const subscription of subscriptions) {
      namespace.createSubscription(topic, subscription.name, subscription.settings, subscription.rules);
    }
  }
}

function restoreAll(namespace: Namespace, journal: SqliteJournal, log: (line: string) => void): void {
  for (const definition of journal.definitions) namespace.restoreDefinition(definition);
  for (const entity of namespace.entities()) restore(entity, journal);
  for (const path of journal.paths) {
    if (!namespace.find(path))
      log(`What the journal keeps of '${path}' stays there: there is no such entity now.`);
  }
}

/** What Microsoft's emulator uses, so nothing but the port changes for a client. */
function connectionString(port: number): string {
  return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
}
