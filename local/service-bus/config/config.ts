/** The entities file: the shape of `config.json` of Microsoft's Service Bus emulator. */
import { defaultRule } from '../engine/rules.ts';
import type { RuleDescription } from '../engine/rules.ts';
import type { QueueSettings, TopicSettings } from '../engine/settings.ts';
import { isPartName } from './names.ts';
import { readRule } from './rules.ts';
import { ConfigError, ConfigReader } from './reader.ts';

/** The parsed file. It is checked when the broker starts: unknown fields and bad values are refused by name. */
export interface ServiceBusConfig {
  readonly UserConfig: { readonly Namespaces: readonly unknown[] };
}

export interface QueueDescription {
  readonly name: string;
  readonly settings: QueueSettings;
}

export interface SubscriptionDescription extends QueueDescription {
  readonly rules: readonly RuleDescription[];
}

export interface TopicDescription {
  readonly name: string;
  readonly settings: TopicSettings;
  readonly subscriptions: readonly SubscriptionDescription[];
}

export interface Entities {
  readonly queues: readonly QueueDescription[];
  readonly topics: readonly TopicDescription[];
}

const days = 86_400_000;
const limits = {
  lockDuration: { max: 5 * 60_000, maxText: 'PT5M' },
  duplicateWindow: { max: 7 * days, maxText: 'P7D' },
  timeToLive: { max: Infinity, maxText: 'P10675199DT2H48M5.4775807S' },
};

const queueProperties = [
  'DeadLetteringOnMessageExpiration',
  'DefaultMessageTimeToLive',
  'DuplicateDetectionHistoryTimeWindow',
  'ForwardDeadLetteredMessagesTo',
  'ForwardTo',
  'LockDuration',
  'MaxDeliveryCount',
  'RequiresDuplicateDetection',
  'RequiresSession',
];
const topicProperties = [
  'DefaultMessageTimeToLive',
  'DuplicateDetectionHistoryTimeWindow',
  'RequiresDuplicateDetection',
];
const subscriptionProperties = queueProperties.filter((name) => !name.includes('Duplicate'));

/** @throws ConfigError naming everything that is wrong */
export function readConfig(config: ServiceBusConfig): Entities {
  const problems: string[] = [];
  const file = new ConfigReader(config, '', problems, ['UserConfig', '$schema']);
  const user = file.object('UserConfig', ['Namespaces', 'Logging']);
  const namespaces = user.objects('Namespaces', ['Name', 'Queues', 'Topics']);
  if (namespaces.length !== 1) problems.push('UserConfig.Namespaces must hold exactly one namespace.');
  const [namespace] = namespaces;
  const entities: Entities = {
    queues: namespace?.objects('Queues', ['Name', 'Properties']).map(readQueue) ?? [],
    topics: namespace?.objects('Topics', ['Name', 'Properties', 'Subscriptions']).map(readTopic) ?? [],
  };
  namespace?.name('Name');
  checkNames(entities, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return entities;
}

function readQueue(queue: ConfigReader): QueueDescription {
  const properties = queue.object('Properties', queueProperties);
  return {
    name: queue.name('Name'),
    settings: { ...readQueueSettings(properties), duplicateWindowMs: readDuplicateWindow(properties) },
  };
}

function readTopic(topic: ConfigReader): TopicDescription {
  const properties = topic.object('Properties', topicProperties);
  return {
    name: topic.name('Name'),
    settings: { defaultTtlMs: readTtl(properties), duplicateWindowMs: readDuplicateWindow(properties) },
    subscriptions: topic.objects('Subscriptions', ['Name', 'Properties', 'Rules']).map(readSubscription),
  };
}

function readSubscription(subscription: ConfigReader): SubscriptionDescription {
  const properties = subscription.object('Properties', subscriptionProperties);
  const rules = subscription.objects('Rules', ['Name', 'Properties']).map(readRule);
  return {
    name: subscription.name('Name', isPartName),
    settings: { ...readQueueSettings(properties), duplicateWindowMs: undefined },
    rules: rules.length > 0 ? rules : [defaultRule],
  };
}

function readQueueSettings(properties: ConfigReader): Omit<QueueSettings, 'duplicateWindowMs'> {
  for (const name of ['ForwardTo', 'ForwardDeadLetteredMessagesTo']) {
    if (properties.string(name)) properties.problem(name, 'is not implemented by this broker');
  }
  return {
    lockDurationMs: properties.duration('LockDuration', limits.lockDuration) ?? 60_000,
    maxDeliveryCount: properties.integer('MaxDeliveryCount', { default: 10, min: 1, max: 2_000 }),
    requiresSession: properties.boolean('RequiresSession'),
    defaultTtlMs: readTtl(properties),
    deadLetterOnExpiry: properties.boolean('DeadLetteringOnMessageExpiration'),
  };
}

function readTtl(properties: ConfigReader): number | undefined {
  const ttl = properties.duration('DefaultMessageTimeToLive', limits.timeToLive);
  return ttl === Infinity ? undefined : ttl;
}

function readDuplicateWindow(properties: ConfigReader): number | undefined {
  const windowMs = properties.duration('DuplicateDetectionHistoryTimeWindow', limits.duplicateWindow);
  return properties.boolean('RequiresDuplicateDetection') ? (windowMs ?? 10 * 60_000) : undefined;
}

function checkNames({ queues, topics }: Entities, problems: string[]): void {
  checkUnique([...queues, ...topics], 'queue or topic', problems);
  for (const topic of topics) checkUnique(topic.subscriptions, `subscription of '${topic.name}'`, problems);
}

function checkUnique(entities: readonly { name: string }[], kind: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const { name } of entities) {
    if (seen.has(name.toLowerCase())) problems.push(`There is more than one ${kind} named '${name}'.`);
    seen.add(name.toLowerCase());
  }
}
