/** Encodes a stored message for a receiver: the sender's sections, with what the broker adds. */
import type { MessageContent } from './content.ts';
import { described, encodeValues, types } from './values.ts';
import type { TypedValue } from './values.ts';

/** What the broker tells about a message (times in ms since 1970). */
interface BrokerFields {
  readonly sequenceNumber: number;
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: number;
  readonly deliveryCount: number;
  readonly state: 'active' | 'deferred' | 'scheduled';
  readonly scheduledFor?: number | undefined;
  readonly lockedUntil?: number | undefined;
  readonly deadLetterSource?: string | undefined;
}

/** `x-opt-message-state` */
const stateCodes = { active: 0, deferred: 1, scheduled: 2 } as const;

/** The bytes of a delivery. Without a body if asked for by a peek. */
export function encodeDelivery(content: MessageContent, fields: BrokerFields, omitBody = false): Buffer {
  const { properties, applicationProperties, body } = content.sections;
  const parts = [encodeValues(header(content, fields.deliveryCount), annotations(content, fields))];
  if (properties) parts.push(properties);
  if (applicationProperties) parts.push(applicationProperties);
  if (!omitBody) parts.push(body);
  return Buffer.concat(parts);
}

/** The header as it was sent; only the delivery count is the broker's (AMQP 1.0 §3.2.1: its fifth field). */
function header(content: MessageContent, deliveryCount: number): TypedValue {
  const fields = Array.from({ length: 4 }, (_, i) => content.header[i] ?? types.Null());
  return described(0x70, types.wrap_list([...fields, types.wrap_uint(deliveryCount)]));
}

function annotations(content: MessageContent, fields: BrokerFields): TypedValue {
  const items = [
    ...content.senderAnnotations,
    types.wrap_symbol('x-opt-sequence-number'),
    types.wrap_long(fields.sequenceNumber),
    types.wrap_symbol('x-opt-enqueue-sequence-number'),
    types.wrap_long(fields.enqueuedSequenceNumber),
    types.wrap_symbol('x-opt-enqueued-time'),
    types.wrap_timestamp(fields.enqueuedAt),
    types.wrap_symbol('x-opt-message-state'),
    types.wrap_int(stateCode(fields)),
  ];
  const add = (name: string, value: TypedValue) => items.push(types.wrap_symbol(name), value);
  if (fields.lockedUntil !== undefined) add('x-opt-locked-until', types.wrap_timestamp(fields.lockedUntil));
  if (fields.scheduledFor !== undefined) {
    add('x-opt-scheduled-enqueue-time', types.wrap_timestamp(fields.scheduledFor));
  }
  if (fields.deadLetterSource !== undefined) {
    add('x-opt-deadletter-source', types.wrap_string(fields.deadLetterSource));
  }
  return described(0x72, types.Map32(items));
}

/** The cloud still says "scheduled" of a message that was scheduled and has become active since. */
function stateCode(fields: BrokerFields): number {
  if (fields.state === 'active' && fields.scheduledFor !== undefined) return stateCodes.scheduled;
  return stateCodes[fields.state];
}
