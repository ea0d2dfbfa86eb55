/** The properties of entities as the administration API names them, and what the broker makes of them. */
import { formatDuration, parseDuration } from '../../config/duration.ts';
import { invalidRequest, notImplemented } from '../../engine/errors.ts';
import type { QueueSettings, TopicSettings } from '../../engine/settings.ts';

/** Property names and their text, in the order the service gives them. */
export type Properties = ReadonlyMap<string, string>;

/** What the broker keeps and gives back but does not act on. */
const kept: Readonly<Record<string, string>> = {
  MaxSizeInMegabytes: '1024',
  EnableBatchedOperations: 'true',
  MaxMessageSizeInKilobytes: '256',
  UserMetadata: '',
  SupportOrdering: 'true',
  DeadLetteringOnFilterEvaluationExceptions: 'true',
};

/** What the broker does not have: only these values are taken. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  Status: ['Active'],
  EntityAvailabilityStatus: ['Available'],
  EnablePartitioning: ['false'],
  EnableExpress: ['false'],
  ForwardTo: [''],
  ForwardDeadLetteredMessagesTo: [''],
  AutoDeleteOnIdle: [formatDuration(undefined)],
  AuthorizationRules: [''],
  FilteringMessagesBeforePublishing: ['false'],
  EnableSubscriptionPartitioning: ['false'],
};

/** What only the service says. */
const readOnly = new Set([
  'SizeInBytes',
  'MessageCount',
  'CountDetails',
  'CreatedAt',
  'UpdatedAt',
  'AccessedAt',
  'SubscriptionCount',
]);

const settingNames = new Set([
  'LockDuration',
  'RequiresDuplicateDetection',
  'RequiresSession',
  'DefaultMessageTimeToLive',
  'DeadLetteringOnMessageExpiration',
  'DuplicateDetectionHistoryTimeWindow',
  'MaxDeliveryCount',
]);

/** @throws BrokerError naming the property that is not known, not implemented or out of range */
export function readQueueSettings(properties: Properties): QueueSettings {
  return {
    ...readTopicSettings(properties),
    lockDurationMs: duration(properties, 'LockDuration', 60_000, 300_000) ?? 60_000,
    maxDeliveryCount: integer(properties, 'MaxDeliveryCount', 10, 2_000),
    requiresSession: flag(properties, 'RequiresSession'),
    deadLetterOnExpiry: flag(properties, 'DeadLetteringOnMessageExpiration'),
  };
}

/** @throws BrokerError as `readQueueSettings` */
export function readTopicSettings(properties: Properties): TopicSettings {
  for (const [name, value] of properties) checkKnown(name, value);
  const window = duration(properties, 'DuplicateDetectionHistoryTimeWindow', 600_000, 7 * 86_400_000);
  return {
    defaultTtlMs: duration(properties, 'DefaultMessageTimeToLive', undefined, Infinity),
    duplicateWindowMs: flag(properties, 'RequiresDuplicateDetection') ? window : undefined,
  };
}

/** The given values of properties the broker only keeps. */
export function readKept(properties: Properties): Record<string, string> {
  return Object.fromEntries([...properties].filter(([name]) => Object.hasOwn(kept, name)));
}

export function describeQueue(settings: QueueSettings, extra: Record<string, string>): Properties {
  return new Map([
    ['LockDuration', formatDuration(settings.lockDurationMs)],
    ['RequiresSession', String(settings.requiresSession)],
    ['DeadLetteringOnMessageExpiration', String(settings.deadLetterOnExpiry)],
    ['MaxDeliveryCount', String(settings.maxDeliveryCount)],
    ...describeTopic(settings, extra),
  ]);
}

export function describeTopic(settings: TopicSettings, extra: Record<string, string>): Properties {
  const constants = [
    'Status',
    'EntityAvailabilityStatus',
    'EnablePartitioning',
    'EnableExpress',
    'AutoDeleteOnIdle',
  ];
  return new Map([
    ['DefaultMessageTimeToLive', formatDuration(settings.defaultTtlMs)],
    ['RequiresDuplicateDetection', String(settings.duplicateWindowMs !== undefined)],
    ['DuplicateDetectionHistoryTimeWindow', formatDuration(settings.duplicateWindowMs ?? 600_000)],
    ...constants.map((name): [string, string] => [name, fixed[name]?.[0] ?? '']),
    ...Object.entries({ ...kept, ...extra }).filter(([, value]) => value !== ''),
  ]);
}

function checkKnown(name: string, value: string): void {
  if (readOnly.has(name) || settingNames.has(name) || Object.hasOwn(kept, name)) return;
  const allowed = Object.hasOwn(fixed, name) ? fixed[name] : undefined;
  if (!allowed) throw invalidRequest(`'${name}' is not a property of an entity.`);
  if (!allowed.includes(value.trim())) throw notImplemented(`${name} = '${value.trim()}'`);
}

function flag(properties: Properties, name: string): boolean {
  const value = (properties.get(name) ?? 'false').toLowerCase();
  if (value !== 'true' && value !== 'false') throw invalidRequest(`'${name}' must be true or false.`);
  return value === 'true';
}

function integer(properties: Properties, name: string, byDefault: number, max: number): number {
  const value = Number(properties.get(name) ?? byDefault);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidRequest(`'${name}' must be a whole number from 1 to ${max}.`);
}

/** @returns ms; undefined if it has no end */
function duration(
  properties: Properties,
  name: string,
  byDefault: number | undefined,
  max: number,
): number | undefined {
  const text = properties.get(name);
  if (text === undefined) return byDefault;
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0 || ms > max) {
    throw invalidRequest(
      `'${name}' must be an ISO 8601 duration above zero, at most ${formatDuration(max)}.`,
    );
  }
  return ms === Infinity ? undefined : ms;
}
