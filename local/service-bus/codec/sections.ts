/**
 * Splits an encoded AMQP message (§3.2) into its sections without decoding them: what the broker does not change is handed
 * on byte by byte, for decoding and encoding again would lose AMQP types.
 */

/** The raw sections of one message, each with its descriptor. `body` holds all body sections and the footer. */
export interface MessageSections {
  readonly header?: Buffer;
  readonly annotations?: Buffer;
  readonly properties?: Buffer;
  readonly applicationProperties?: Buffer;
  readonly body: Buffer;
}

/** The bytes are not an AMQP message. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

const sectionCodes = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  annotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  footer: 0x78,
} as const;

/** @throws MalformedMessageError if a section is unknown, cut off, or out of order. */
export function splitSections(bytes: Buffer): MessageSections {
  const found: { -readonly [K in keyof MessageSections]: MessageSections[K] } = {
    body: bytes.subarray(0, 0),
  };
  let position = 0;
  let previous = 0;
  let bodyStart: number | undefined;
  while (position < bytes.length) {
    const { code, end } = readSection(bytes, position);
    // Only before the body does the order matter: rhea, and so the SDK, writes a footer ahead of the body.
    if (code <= previous && code < sectionCodes.data) {
      throw new MalformedMessageError(`Section 0x${code.toString(16)} is out of order or repeated.`);
    }
    previous = code;
    if (code >= sectionCodes.data) bodyStart ??= position;
    else keepSection(found, code, bytes.subarray(position, end));
    position = end;
  }
  if (bodyStart !== undefined) found.body = bytes.subarray(bodyStart);
  return found;
}

/** The values of the Data sections in a batch envelope (message format 0x80013700): one encoded message each. */
export function splitBatch(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let position = 0;
  while (position < bytes.length) {
    const { code, valueStart, end } = readSection(bytes, position);
    if (code === sectionCodes.data) messages.push(binaryValue(bytes, valueStart, end));
    position = end;
  }
  if (messages.length === 0) throw new MalformedMessageError('The batch holds no message.');
  return messages;
}

function keepSection(
  found: { -readonly [K in keyof MessageSections]: MessageSections[K] },
  code: number,
  section: Buffer,
): void {
  if (code === sectionCodes.header) found.header = section;
  else if (code === sectionCodes.annotations) found.annotations = section;
  else if (code === sectionCodes.properties) found.properties = section;
  else if (code === sectionCodes.applicationProperties) found.applicationProperties = section;
  // Delivery annotations are for this hop only (AMQP 1.0 §3.2.2) and end here.
}

function readSection(bytes: Buffer, start: number): { code: number; valueStart: number; end: number } {
  if (bytes[start] !== 0) throw new MalformedMessageError('A message section must be a described type.');
  const { code, next } = readDescriptor(bytes, start + 1);
  if (code < sectionCodes.header || code > sectionCodes.footer) {
    throw new MalformedMessageError(`0x${code.toString(16)} is not a message section.`);
  }
  return { code, valueStart: next, end: valueEnd(bytes, next) };
}

function readDescriptor(bytes: Buffer, at: number): { code: number; next: number } {
  if (bytes[at] === 0x53 && at + 1 < bytes.length) return { code: bytes[at + 1] ?? 0, next: at + 2 };
  if (bytes[at] === 0x80 && at + 9 <= bytes.length) {
    return { code: Number(bytes.readBigUInt64BE(at + 1)), next: at + 9 };
  }
  throw new MalformedMessageError('A message section must have a numeric descriptor.');
}

/** Where the value that starts at `start` ends, told by its constructor (AMQP 1.0 §1.2.1: the first nibble is its width). */
function valueEnd(bytes: Buffer, start: number): number {
  const constructor = bytes[start];
  if (constructor === undefined) throw new MalformedMessageError('The message ends inside a section.');
  const end = start + 1 + widthAfterConstructor(bytes, constructor, start + 1);
  if (end > bytes.length) throw new MalformedMessageError('The message ends inside a section.');
  return end;
}

function widthAfterConstructor(bytes: Buffer, constructor: number, at: number): number {
  // A body value may itself be described: descriptor, then value.
  if (constructor === 0x00) return valueEnd(bytes, valueEnd(bytes, at)) - at;
  switch (constructor >>> 4) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return 1 + (bytes[at] ?? 0);
    case 0xb:
    case 0xd:
    case 0xf:
      if (at + 4 > bytes.length) throw new MalformedMessageError('The message ends inside a section.');
      return 4 + bytes.readUInt32BE(at);
    default:
      throw new MalformedMessageError(`0x${constructor.toString(16)} is not an AMQP type.`);
  }
}

function binaryValue(bytes: Buffer, start: number, end: number): Buffer {
  if (bytes[start] === 0xa0) return bytes.subarray(start + 2, end);
  if (bytes[start] === 0xb0) return bytes.subarray(start + 5, end);
  throw new MalformedMessageError('A Data section must hold binary.');
}
