import type { RegisteredFunction } from '../../core-api.ts';
import type { Invocation, MessageFacts } from '../../invocation.ts';
import { toTypedData, type TypedData } from '../../rpc-data.ts';

/** A received message, however it came. */
export interface ReceivedMessage {
  /** Bytes of a data section; text or other values of a value section. */
  body: unknown;
  messageId?: string | undefined;
  sessionId?: string | undefined;
  contentType?: string | undefined;
  correlationId?: string | undefined;
  subject?: string | undefined;
  to?: string | undefined;
  replyTo?: string | undefined;
  replyToSessionId?: string | undefined;
  partitionKey?: string | undefined;
  deadLetterSource?: string | undefined;
  lockToken?: string | undefined;
  /** Deliveries before this one. */
  earlierDeliveries: number;
  sequenceNumber?: number | string | undefined;
  enqueuedAt?: Date | undefined;
  expiresAt?: Date | undefined;
  lockedUntil?: Date | undefined;
  applicationProperties: Record<string, unknown>;
}

/** `DateTimeOffset.MaxValue`: never. */
const never = new Date(Date.UTC(9999, 11, 31, 23, 59, 59, 999));

/** Binding data of one message (`ServiceBusTriggerBindingStrategy.cs`); the library camel-cases the names. */
function metadataOf(message: ReceivedMessage): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {};
  const add = (value: unknown, ...names: string[]): void => {
    if (value === undefined) return; // left out, as the host leaves it out
    const data = toTypedData(value);
    for (const name of names) metadata[name] = data;
  };
  add(message.messageId, 'MessageId');
  add(message.earlierDeliveries + 1, 'DeliveryCount');
  add(message.enqueuedAt, 'EnqueuedTimeUtc', 'EnqueuedTime');
  const { expiresAt = never } = message;
  // A time to live without end adds up to more than .NET, and so the real host, can tell.
  add(expiresAt > never ? never : expiresAt, 'ExpiresAtUtc', 'ExpiresAt');
  add(message.sequenceNumber, 'SequenceNumber');
  add(message.lockToken, 'LockToken');
  add(message.sessionId, 'SessionId');
  add(message.replyToSessionId, 'ReplyToSessionId');
  add(message.correlationId, 'CorrelationId');
  add(message.subject, 'Subject', 'Label');
  add(message.contentType, 'ContentType');
  add(message.to, 'To');
  add(message.replyTo, 'ReplyTo');
  add(message.partitionKey, 'PartitionKey', 'TransactionPartitionKey');
  add(message.deadLetterSource, 'DeadLetterSource');
  add(message.applicationProperties, 'ApplicationProperties', 'UserProperties');
  return metadata;
}

function textOf(body: unknown): string {
  if (body instanceof Uint8Array)
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return typeof body === 'string' ? body : JSON.stringify(body ?? null);
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(textOf(body));
}

/** The sender's trace context: the SDKs write it as `Diagnostic-Id`, OpenTelemetry as `traceparent`. */
function traceParentOf({ applicationProperties }: ReceivedMessage): string | undefined {
  const value = applicationProperties['Diagnostic-Id'] ?? applicationProperties.traceparent;
  return typeof value === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value)
    ? value
    : undefined;
}

function factsOf(message: ReceivedMessage, entity: string): MessageFacts {
  const { messageId, sessionId, correlationId, sequenceNumber, enqueuedAt, earlierDeliveries } = message;
  const deliveryCount = earlierDeliveries + 1;
  return { entity, messageId, sessionId, correlationId, deliveryCount, sequenceNumber, enqueuedAt };
}

/** Makes the invocation for one message. */
export function toInvocation(
  fn: RegisteredFunction,
  message: ReceivedMessage,
  { isBinary, address }: { isBinary: boolean; address: string },
): Invocation {
  const body = isBinary ? bytesOf(message.body) : textOf(message.body);
  return {
    inputData: [{ name: fn.trigger.name, data: toTypedData(body) }],
    triggerMetadata: metadataOf(message),
    reason: '(null)',
    traceParent: traceParentOf(message),
    about: { message: factsOf(message, address) },
    details: () =>
      `Trigger Details: MessageId: ${message.messageId ?? ''}, SequenceNumber: ${message.sequenceNumber ?? ''}, ` +
      `DeliveryCount: ${message.earlierDeliveries + 1}, EnqueuedTimeUtc: ${message.enqueuedAt?.toISOString() ?? ''}, ` +
      `LockedUntilUtc: ${message.lockedUntil?.toISOString() ?? ''}, SessionId: ${message.sessionId ?? '(null)'}`,
  };
}
