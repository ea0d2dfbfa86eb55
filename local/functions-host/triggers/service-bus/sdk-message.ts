import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { ReceivedMessage } from './message.ts';

/** What the SDK received; the receiver must have been made with `skipParsingBodyAsJson`. */
export function fromSdk(message: ServiceBusReceivedMessage): ReceivedMessage {
  return {
    body: message.body,
    messageId: message.messageId === undefined ? undefined : String(message.messageId),
    sessionId: message.sessionId,
    contentType: message.contentType,
    correlationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    subject: message.subject,
    to: message.to,
    replyTo: message.replyTo,
    replyToSessionId: message.replyToSessionId,
    partitionKey: message.partitionKey,
    deadLetterSource: message.deadLetterSource,
    lockToken: message.lockToken,
    earlierDeliveries: message.deliveryCount ?? 0,
    sequenceNumber: message.sequenceNumber?.toNumber(),
    enqueuedAt: message.enqueuedTimeUtc,
    expiresAt: message.expiresAtUtc,
    lockedUntil: message.lockedUntilUtc,
    applicationProperties: message.applicationProperties ?? {},
  };
}
