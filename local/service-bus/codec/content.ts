/**
 * What a sender gave: the raw sections of a message, and the few fields of it the broker reads. Immutable; a change of
 * properties makes a new content.
 */
import { randomUUID } from 'node:crypto';
import { MalformedMessageError, splitSections } from './sections.ts';
import type { MessageSections } from './sections.ts';
import { described, encodeValues, plain, toInteger, types } from './values.ts';
import type { TypedValue } from './values.ts';

/** Fields of the properties section (AMQP 1.0 §3.2.4) in the order of its list. */
const propertyFields = [
  'messageId',
  'userId',
  'to',
  'subject',
  'replyTo',
  'correlationId',
  'contentType',
  'contentEncoding',
  'absoluteExpiryTime',
  'creationTime',
  'sessionId',
  'groupSequence',
  'replyToSessionId',
] as const;
export type PropertyField = (typeof propertyFields)[number];

/** Annotations that only the broker sets: a sender's own are dropped. */
const brokerAnnotations = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-enqueue-sequence-number',
  'x-opt-locked-until',
  'x-opt-message-state',
  'x-opt-deadletter-source',
  'x-opt-scheduled-enqueue-time',
]);

const scheduledTimeAnnotation = 'x-opt-scheduled-enqueue-time';

export class MessageContent {
  /** The message as it was sent (with an id if it had none): enough to make this content again. */
  readonly bytes: Buffer;
  readonly sections: MessageSections;
  readonly #properties: readonly TypedValue[];
  #header: readonly TypedValue[] | undefined;
  #annotations: readonly TypedValue[] | undefined;
  #applicationProperties: ReadonlyMap<string, TypedValue> | undefined;

  /** @throws MalformedMessageError if the bytes are not one AMQP message. */
  constructor(bytes: Buffer) {
    let sections = splitSections(bytes);
    let whole = bytes;
    let properties = sections.properties ? readList(sections.properties) : [];
    if (plain(properties[0]) == null) {
      // The SDK uses the id to find what it settles, so a message without one gets one.
      properties = [types.wrap_string(randomUUID().replaceAll('-', '')), ...properties.slice(1)];
      sections = { ...sections, properties: encodeValues(described(0x73, types.wrap_list(properties))) };
      whole = joinSections(sections);
      sections = splitSections(whole);
    }
    this.sections = sections;
    this.bytes = whole;
    this.#properties = properties;
  }

  /**
   * The content of a message as a peer sent it, every section of which can be read.
   * @throws MalformedMessageError if one cannot
   */
  static fromPeer(bytes: Buffer): MessageContent {
    // The network's buffer is a view of all that was read with it; a copy keeps only the message.
    const content = new MessageContent(Buffer.from(bytes));
    content.#checkSections();
    return content;
  }

  /** One field of the properties section; ids that are not strings are given as their text. */
  property(field: PropertyField): unknown {
    const value = plain(this.#properties[propertyFields.indexOf(field)]);
    return value ?? undefined;
  }

  get messageId(): string {
    return idText(this.property('messageId'));
  }

  get sessionId(): string | undefined {
    const value = this.property('sessionId');
    return typeof value === 'string' ? value : undefined;
  }

  /** The header's fields with their types: durable, priority, ttl, first-acquirer, delivery-count. */
  get header(): readonly TypedValue[] {
    return (this.#header ??= this.sections.header ? readList(this.sections.header) : []);
  }

  /** Time to live in ms, if the sender set one. */
  get ttlMs(): number | undefined {
    return toInteger(plain(this.header[2]));
  }

  /** When a sender wants the message enqueued (ms since 1970), if it set such an annotation. */
  get scheduledFor(): number | undefined {
    if (this.sections.annotations === undefined) return undefined;
    const value = readMap(this.sections.annotations).find(([key]) => key === scheduledTimeAnnotation)?.[1];
    const time = plain(value);
    return time instanceof Date ? time.getTime() : toInteger(time);
  }

  /** The sender's annotations as alternating keys and values, without those only the broker sets. */
  get senderAnnotations(): readonly TypedValue[] {
    return (this.#annotations ??= this.#readAnnotations());
  }

  get applicationProperties(): ReadonlyMap<string, TypedValue> {
    const section = this.sections.applicationProperties;
    return (this.#applicationProperties ??= new Map(section ? readMap(section) : []));
  }

  /** A copy with application properties added or replaced; everything else stays as it is, byte by byte. */
  withApplicationProperties(changes: Record<string, unknown>): MessageContent {
    const merged = new Map(this.applicationProperties);
    for (const [name, value] of Object.entries(changes)) {
      if (value !== undefined) merged.set(name, types.wrap(value));
    }
    return this.withProperties(merged);
  }

  /** A copy with exactly these application properties. */
  withProperties(properties: ReadonlyMap<string, TypedValue>): MessageContent {
    const items = [...properties].flatMap(([name, value]) => [types.wrap_string(name), value]);
    const applicationProperties = encodeValues(described(0x74, types.Map32(items)));
    return new MessageContent(joinSections({ ...this.sections, applicationProperties }));
  }

  /** A copy with a field of the properties section replaced. */
  withProperty(field: PropertyField, value: string): MessageContent {
    const at = propertyFields.indexOf(field);
    const fields = Array.from(
      { length: Math.max(this.#properties.length, at + 1) },
      (_, i) => this.#properties[i] ?? types.Null(),
    );
    fields[at] = types.wrap_string(value);
    return new MessageContent(
      joinSections({ ...this.sections, properties: encodeValues(described(0x73, types.wrap_list(fields))) }),
    );
  }

  /** Reads now what is otherwise read when it is needed, when it is too late to refuse it. */
  #checkSections(): void {
    this.#header = this.header;
    checkTimes(this.ttlMs, this.scheduledFor);
    this.#annotations = this.senderAnnotations;
    // Not kept: few messages are filtered, and many may wait.
    if (this.sections.applicationProperties) readMap(this.sections.applicationProperties);
    checkBody(this.sections.body);
  }

  #readAnnotations(): readonly TypedValue[] {
    if (this.sections.annotations === undefined) return [];
    return readMap(this.sections.annotations)
      .filter(([key]) => !brokerAnnotations.has(key))
      .flatMap(([key, value]) => [types.wrap_symbol(key), value]);
  }
}

/** The latest moment that a date can be, in ms since 1970. */
const latest = 8.64e15;
/** A time to live is a uint (AMQP 1.0 §3.2.1), here of any integer type. */
const longestTtlMs = 0xffffffff;

/** What lies beyond could be kept, but not read again. */
function checkTimes(ttlMs = 0, scheduledFor = 0): void {
  if (!(ttlMs >= 0 && ttlMs <= longestTtlMs))
    throw new MalformedMessageError(`A time to live must be 0 to ${longestTtlMs} ms.`);
  if (!(Math.abs(scheduledFor) <= latest))
    throw new MalformedMessageError(`${scheduledTimeAnnotation} must be a time.`);
}

/** Message and correlation ids may be strings, numbers, uuids or binary (AMQP 1.0 §3.2.11 to 3.2.14). */
function idText(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' ? value : String(value);
}

function joinSections(sections: MessageSections): Buffer {
  const parts = [
    sections.header,
    sections.annotations,
    sections.properties,
    sections.applicationProperties,
    sections.body,
  ];
  return Buffer.concat(parts.filter((part) => part !== undefined));
}

function readList(section: Buffer): readonly TypedValue[] {
  const value = readValue(section);
  if (!types.is_list(value))
    throw new MalformedMessageError('A header or properties section must be a list.');
  return value.value as readonly TypedValue[];
}

function readMap(section: Buffer): [string, TypedValue][] {
  const value = readValue(section);
  if (!types.is_map(value)) throw new MalformedMessageError('An annotations section must be a map.');
  const items = value.value as readonly TypedValue[];
  const entries: [string, TypedValue][] = [];
  for (let i = 0; i + 1 < items.length; i += 2) {
    const item = items[i + 1];
    if (item !== undefined) entries.push([String(items[i]?.value), item]);
  }
  return entries;
}

/** What the sections of a body, and a footer, hold (AMQP 1.0 §3.2.6 to 3.2.9). An amqp-value is anything. */
const isBodyOf: Readonly<Record<number, (value: TypedValue) => boolean>> = {
  0x75: ({ type }) => type.typecode === 0xa0 || type.typecode === 0xb0,
  0x76: (value) => types.is_list(value),
  0x77: () => true,
  0x78: (value) => types.is_map(value),
};

/** A body goes to receivers as it came: one that they cannot decode would cost them their connection. */
function checkBody(body: Buffer): void {
  const reader = new types.Reader(body);
  while (reader.remaining() > 0) {
    const section = readNext(reader);
    const code = Number(section.descriptor?.value);
    if (isBodyOf[code]?.(section) !== true)
      throw new MalformedMessageError(`The section 0x${code.toString(16)} does not hold what it should.`);
  }
  checkEnd(reader);
}

/** Its length is told twice, by the section and by what is in it: a receiver goes by the second. */
function readValue(section: Buffer): TypedValue {
  const reader = new types.Reader(section);
  const value = readNext(reader);
  checkEnd(reader);
  return value;
}

function checkEnd(reader: InstanceType<typeof types.Reader>): void {
  if (reader.remaining() !== 0)
    throw new MalformedMessageError('A message section is longer or shorter than it says.');
}

function readNext(reader: InstanceType<typeof types.Reader>): TypedValue {
  try {
    return reader.read();
  } catch (error) {
    throw new MalformedMessageError('A message section cannot be decoded.', { cause: error });
  }
}
