import { connectionString, resolveSettings, type Settings } from '../../config/settings.ts';
import type { RegisteredFunction } from '../../core-api.ts';
import { HostStartError } from '../../errors.ts';

/** Where a Service Bus trigger listens, and how. */
export interface ServiceBusBinding {
  connectionString: string;
  /** `queue`, or `topic` and `subscription`, as the SDK wants them. */
  entity: [queue: string] | [topic: string, subscription: string];
  /** The AMQP address: `queue`, or `topic/Subscriptions/subscription`. */
  address: string;
  hasSessions: boolean;
  /** Overrides `host.json`. */
  autoComplete: boolean | undefined;
  /** The handler gets the body's bytes instead of its text. */
  isBinary: boolean;
}

/**
 * Reads the binding of a queue or topic trigger.
 *
 * @throws HostStartError for a missing name, setting or connection, or what is not supported
 */
export function readServiceBusBinding(fn: RegisteredFunction, settings: Settings): ServiceBusBinding {
  const { binding } = fn.trigger;
  if (binding.cardinality === 'many') {
    throw new HostStartError('"cardinality": "many" is not supported; messages are dispatched one by one.');
  }
  const entity = entityOf(binding, settings);
  const [name, subscription] = entity;
  return {
    connectionString: connectionString(text(binding.connection), 'AzureWebJobsServiceBus', settings),
    entity,
    address: subscription === undefined ? name : `${name}/Subscriptions/${subscription}`,
    hasSessions: binding.isSessionsEnabled === true,
    autoComplete:
      typeof binding.autoCompleteMessages === 'boolean' ? binding.autoCompleteMessages : undefined,
    isBinary: binding.dataType === 'binary',
  };
}

function entityOf(binding: Record<string, unknown>, settings: Settings): ServiceBusBinding['entity'] {
  const [queue, topic, subscription] = ['queueName', 'topicName', 'subscriptionName'].map((property) => {
    const value = text(binding[property]);
    return value === undefined ? undefined : resolveSettings(value, settings);
  });
  if (queue !== undefined && queue !== '') return [queue];
  if (topic !== undefined && topic !== '' && subscription !== undefined && subscription !== '') {
    return [topic, subscription];
  }
  throw new HostStartError('a Service Bus trigger needs a queueName, or a topicName and a subscriptionName.');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * The server of a connection string meant for a local broker; undefined for a service that is reached over TLS.
 */
export function localEndpoint(connection: string): { host: string; port: number } | undefined {
  if (!/UseDevelopmentEmulator\s*=\s*true/i.test(connection)) return undefined;
  const url = URL.parse((/Endpoint\s*=\s*([^;]+)/i.exec(connection)?.[1] ?? '').replace(/^sb:/i, 'http:'));
  // URL drops 80, which is http's own port.
  return url === null ? undefined : { host: url.hostname, port: url.port === '' ? 5672 : Number(url.port) };
}
