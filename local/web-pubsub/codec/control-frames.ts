import { type Payload, payloadProperties } from './payload.ts';

/** Names of the errors that an acknowledgement can carry. */
export type AckErrorName = 'BadRequest' | 'Forbidden' | 'InternalServerError' | 'Duplicate';

/** First frame on a connection, and again after each recovery. Only reliable clients get a reconnection token. */
export const connectedFrame = (session: {
  readonly userId: string | null;
  readonly connectionId: string;
  readonly reconnectionToken?: string;
}): string =>
  JSON.stringify({
    type: 'system',
    event: 'connected',
    userId: session.userId,
    connectionId: session.connectionId,
    reconnectionToken: session.reconnectionToken,
  });

/** Told to a client before the service closes its connection. */
export const disconnectedFrame = (message: string): string =>
  JSON.stringify({ type: 'system', event: 'disconnected', message });

export const pongFrame = '{"type":"pong"}';

export const ackFrame = (ackId: number): string => `{"type":"ack","ackId":${ackId},"success":true}`;

export const errorAckFrame = (ackId: number, name: AckErrorName, message: string): string =>
  JSON.stringify({ type: 'ack', ackId, success: false, error: { name, message } });

/** Answer to an `invoke`; without a payload where the event handler had nothing to say. */
export const invokeResponseFrame = (invocationId: string, reply: Payload | null): string => {
  const data = reply ? `,${payloadProperties(reply)}` : '';
  return `{"type":"invokeResponse","invocationId":${JSON.stringify(invocationId)},"success":true${data}}`;
};

export const invokeErrorFrame = (invocationId: string, name: AckErrorName, message: string): string =>
  JSON.stringify({ type: 'invokeResponse', invocationId, success: false, error: { name, message } });

/** Everything below `expectedSequenceId` of the stream has been published. */
export const streamAckFrame = (streamId: string, expectedSequenceId: number): string =>
  JSON.stringify({ type: 'streamAck', streamId, expectedSequenceId });

export const streamNackFrame = (streamId: string, expectedSequenceId: number): string =>
  JSON.stringify({
    type: 'streamNack',
    streamId,
    name: 'InvalidSequenceId',
    message: `Expected sequence id ${expectedSequenceId}.`,
    expectedSequenceId,
  });

/** The stream is over; with an error unless its sender ended it. */
export const streamClosedFrame = (streamId: string, error?: { name: string; message: string }): string =>
  JSON.stringify({ type: 'streamClosed', streamId, error });
