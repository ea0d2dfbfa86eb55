import type { Delivery, Message } from 'rhea';
import type { ReceivedMessage } from './message.ts';

/** A GUID in .NET's byte order, as a delivery tag carries the lock token: the first three groups are little-endian. */
function lockTokenOf(tag: unknown): string | undefined {
  if (!Buffer.isBuffer(tag) || tag.length !== 16) return undefined;
  const bytes = Buffer.from(tag);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A data section's bytes (AMQP 1.0 §3.2.6; there may be several), or a value section's value. */
function bodyOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('typecode' in body)) return body;
  const content: unknown = (body as { content?: unknown }).content;
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content);
  return content;
}

function text(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function time(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  return typeof value === 'number' ? new Date(value) : undefined;
}

/** What rhea received. */
export function fromAmqp(message: Message, delivery: Delivery): ReceivedMessage {
  const fields: Record<string, unknown> = { ...message };
  const annotations = (fields.message_annotations ?? {}) as Record<string, unknown>;
  const enqueuedAt = time(annotations['x-opt-enqueued-time']);
  const ttl = typeof fields.ttl === 'number' ? fields.ttl : undefined;
  const sequenceNumber = annotations['x-opt-sequence-number'];
  return {
    body: bodyOf(fields.body),
    messageId: text(fields.message_id),
    sessionId: text(fields.group_id),
    contentType: text(fields.content_type),
    correlationId: text(fields.correlation_id),
    subject: text(fields.subject),
    to: text(fields.to),
    replyTo: text(fields.reply_to),
    replyToSessionId: text(fields.reply_to_group_id),
    partitionKey: text(annotations['x-opt-partition-key']),
    deadLetterSource: text(annotations['x-opt-deadletter-source']),
    lockToken: lockTokenOf(delivery.tag),
    earlierDeliveries: typeof fields.delivery_count === 'number' ? fields.delivery_count : 0,
    sequenceNumber: typeof sequenceNumber === 'number' ? sequenceNumber : text(sequenceNumber),
    enqueuedAt,
    expiresAt:
      time(fields.absolute_expiry_time) ??
      (ttl === undefined || enqueuedAt === undefined ? undefined : new Date(enqueuedAt.getTime() + ttl)),
    lockedUntil: time(annotations['x-opt-locked-until']),
    applicationProperties: (fields.application_properties ?? {}) as Record<string, unknown>,
  };
}
