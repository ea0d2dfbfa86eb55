import { type Payload, ProtocolError } from './payload.ts';
import { isEventName, isGroupName } from './names.ts';

/** A frame that a client of the JSON protocols sent, read and checked. */
export type ClientMessage =
  | { readonly type: 'joinGroup' | 'leaveGroup'; readonly group: string; readonly ackId?: number }
  | {
      readonly type: 'sendToGroup';
      readonly group: string;
      readonly noEcho: boolean;
      readonly payload: Payload;
      readonly ackId?: number;
    }
  | { readonly type: 'event'; readonly event: string; readonly payload: Payload; readonly ackId?: number }
  | {
      readonly type: 'invoke';
      readonly invocationId: string;
      readonly event: string;
      readonly payload: Payload;
    }
  | { readonly type: 'cancelInvocation'; readonly invocationId: string }
  | { readonly type: 'sequenceAck'; readonly sequenceId: number }
  | { readonly type: 'ping' }
  | {
      readonly type: 'streamStart';
      readonly group: string;
      readonly noEcho: boolean;
      readonly streamId: string;
      readonly idleTimeoutMs: number;
    }
  | { readonly type: 'streamKeepAlive'; readonly streamId: string }
  | {
      readonly type: 'streamData';
      readonly streamId: string;
      readonly sequenceId: number;
      readonly payload: Payload;
    }
  | {
      readonly type: 'streamEnd';
      readonly streamId: string;
      readonly error?: { readonly message?: string; readonly userErrorCode?: string };
    }
  | { readonly type: 'unsupported'; readonly name: string; readonly ackId?: number };

type JsonObject = Readonly<Record<string, unknown>>;

const DEFAULT_STREAM_IDLE_MS = 300_000; // what the client SDK assumes on the receiving side
const MAX_TTL_SECONDS = 300;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const requiredString = (frame: JsonObject, name: string): string => {
  const value = frame[name];
  if (value === undefined) throw new ProtocolError(`Missing required property '${name}'.`);
  if (typeof value !== 'string') throw new ProtocolError(`Expected '${name}' to be a string.`);
  return value;
};

const wholeNumber = (frame: JsonObject, name: string): number | undefined => {
  const value = frame[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new ProtocolError(`'${name}' is not a valid uint64 value.`);
  }
  return value;
};

const requiredNumber = (frame: JsonObject, name: string): number => {
  const value = wholeNumber(frame, name);
  if (value === undefined) throw new ProtocolError(`Missing required property '${name}'.`);
  return value;
};

const flag = (frame: JsonObject, name: string): boolean => {
  const value = frame[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new ProtocolError(`Expected '${name}' to be a boolean.`);
  return value;
};

const group = (frame: JsonObject): string => {
  const name = requiredString(frame, 'group');
  if (!isGroupName(name)) throw new ProtocolError('The group name is invalid.');
  return name;
};

const eventName = (frame: JsonObject): string => {
  const name = requiredString(frame, 'event');
  if (!isEventName(name)) throw new ProtocolError('The event name is invalid.');
  return name;
};

const withAckId = (frame: JsonObject): { ackId?: number } => {
  const ackId = wholeNumber(frame, 'ackId');
  return ackId === undefined ? {} : { ackId };
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** JSON.parse takes any depth, JSON.stringify only what fits on the stack. */
const stringify = (data: unknown): string => {
  try {
    return JSON.stringify(data);
  } catch {
    throw new ProtocolError("'data' is nested too deeply.");
  }
};

const readPayload = (frame: JsonObject): Payload => {
  const { data } = frame;
  if (data === undefined) throw new ProtocolError("Missing required property 'data'.");
  const dataType = frame.dataType === undefined ? 'json' : requiredString(frame, 'dataType').toLowerCase();
  switch (dataType) {
    case 'json':
      if (data === null) throw new ProtocolError("Invalid value for 'data': null.");
      return { dataType: 'json', text: stringify(data) };
    case 'text':
      if (typeof data !== 'string') {
        throw new ProtocolError("'data' should be a string when 'dataType' is 'text'.");
      }
      return { dataType: 'text', text: data };
    case 'binary':
      if (typeof data !== 'string' || !BASE64.test(data)) {
        throw new ProtocolError("'data' is not a valid base64 encoded string.");
      }
      return { dataType: 'binary', bytes: Buffer.from(data, 'base64') };
    default:
      throw new ProtocolError(`Unknown 'dataType': ${dataType}.`);
  }
};

const readSendToGroup = (frame: JsonObject): ClientMessage => {
  const ttlSeconds = wholeNumber(frame, 'ttlSeconds') ?? 0;
  if (ttlSeconds > MAX_TTL_SECONDS) {
    throw new ProtocolError(`'ttlSeconds' is out of range. Allowed range is [0,${MAX_TTL_SECONDS}].`);
  }
  const { stream } = frame;
  const target = { group: group(frame), noEcho: flag(frame, 'noEcho') };
  if (stream === undefined || stream === null) {
    return { type: 'sendToGroup', ...target, payload: readPayload(frame), ...withAckId(frame) };
  }
  if (!isObject(stream)) throw new ProtocolError("Expected 'stream' to be an object.");
  return {
    type: 'streamStart',
    ...target,
    streamId: requiredString(stream, 'streamId'),
    idleTimeoutMs: wholeNumber(stream, 'idleTimeoutMs') ?? DEFAULT_STREAM_IDLE_MS,
  };
};

const readStreamData = (frame: JsonObject): ClientMessage => {
  const streamId = requiredString(frame, 'streamId');
  if (frame.data === undefined) return { type: 'streamKeepAlive', streamId };
  return {
    type: 'streamData',
    streamId,
    sequenceId: requiredNumber(frame, 'streamSequenceId'),
    payload: readPayload(frame),
  };
};

const readStreamEnd = (frame: JsonObject): ClientMessage => {
  const streamId = requiredString(frame, 'streamId');
  const { error } = frame;
  if (!isObject(error)) return { type: 'streamEnd', streamId };
  const text = (name: string) => (typeof error[name] === 'string' ? { [name]: error[name] } : {});
  return { type: 'streamEnd', streamId, error: { ...text('message'), ...text('userErrorCode') } };
};

const readInvoke = (frame: JsonObject): ClientMessage => {
  const target = frame.target === undefined ? 'event' : requiredString(frame, 'target');
  if (target !== 'event') throw new ProtocolError(`Unknown 'target': ${target}.`);
  return {
    type: 'invoke',
    invocationId: requiredString(frame, 'invocationId'),
    event: eventName(frame),
    payload: frame.data === undefined ? { dataType: 'text', text: '' } : readPayload(frame),
  };
};

const readers: Readonly<Record<string, (frame: JsonObject) => ClientMessage>> = {
  joinGroup: (frame) => ({ type: 'joinGroup', group: group(frame), ...withAckId(frame) }),
  leaveGroup: (frame) => ({ type: 'leaveGroup', group: group(frame), ...withAckId(frame) }),
  sendToGroup: readSendToGroup,
  event: (frame) => ({
    type: 'event',
    event: eventName(frame),
    payload: readPayload(frame),
    ...withAckId(frame),
  }),
  invoke: readInvoke,
  cancelInvocation: (frame) => ({
    type: 'cancelInvocation',
    invocationId: requiredString(frame, 'invocationId'),
  }),
  sequenceAck: (frame) => ({ type: 'sequenceAck', sequenceId: requiredNumber(frame, 'sequenceId') }),
  ping: () => ({ type: 'ping' }),
  streamData: readStreamData,
  streamEnd: readStreamEnd,
};

/** Message families that the protocol knows and this service does not serve. */
const unsupported = new Set([
  'setGroupState',
  'subscribeGroupState',
  'unsubscribeGroupState',
  'invokeResponse',
]);

const parseObject = (text: string): JsonObject => {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw new ProtocolError('Error reading JSON.');
  }
  if (!isObject(frame)) throw new ProtocolError('Expected a JSON object.');
  return frame;
};

/**
 * Reads one text frame of `json.webpubsub.azure.v1` or `json.reliable.webpubsub.azure.v1`.
 * @throws ProtocolError when it is none; the service then closes the connection.
 */
export const parseClientMessage = (text: string): ClientMessage => {
  const frame = parseObject(text);
  const type = requiredString(frame, 'type');
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read) return read(frame);
  if (unsupported.has(type)) return { type: 'unsupported', name: type, ...withAckId(frame) };
  throw new ProtocolError(`Unknown 'type': ${type}.`);
};
