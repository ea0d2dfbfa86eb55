/** Errors in the cloud's own words: an AMQP condition, the status of a management answer, and the description. */

export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  /** AMQP error condition, such as `com.microsoft:message-lock-lost`. */
  readonly condition: string;
  /** Status of a management answer, such as 410. */
  readonly statusCode: number;

  constructor(condition: string, statusCode: number, message: string) {
    super(message);
    this.condition = condition;
    this.statusCode = statusCode;
  }
}

export const entityNotFound = (path: string): BrokerError =>
  new BrokerError(
    'amqp:not-found',
    404,
    `The messaging entity '${path}' could not be found. To know more visit https://aka.ms/sbResourceMgrExceptions.`,
  );

export const entityExists = (path: string): BrokerError =>
  new BrokerError(
    'com.microsoft:entity-already-exists',
    409,
    `The messaging entity '${path}' already exists.`,
  );

export const messageLockLost = (): BrokerError =>
  new BrokerError(
    'com.microsoft:message-lock-lost',
    410,
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue, or was received by a different receiver instance.',
  );

export const sessionLockLost = (): BrokerError =>
  new BrokerError(
    'com.microsoft:session-lock-lost',
    410,
    'The session lock has expired on the MessageSession. Accept a new MessageSession.',
  );

export const sessionCannotBeLocked = (sessionId: string): BrokerError =>
  new BrokerError(
    'com.microsoft:session-cannot-be-locked',
    409,
    `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
  );

export const noSessionInTime = (): BrokerError =>
  new BrokerError(
    'com.microsoft:timeout',
    408,
    'The operation did not complete within the allotted timeout: no session with messages was free.',
  );

export const messageNotFound = (sequenceNumbers: readonly number[]): BrokerError =>
  new BrokerError(
    'com.microsoft:message-not-found',
    404,
    `Failed to find one or more messages with the sequence numbers ${sequenceNumbers.join(', ')}.`,
  );

export const messageTooLarge = (size: number, limit: number): BrokerError =>
  new BrokerError(
    'amqp:link:message-size-exceeded',
    413,
    `The received message (size: ${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  );

export const notAllowed = (message: string): BrokerError => new BrokerError('amqp:not-allowed', 400, message);

export const invalidRequest = (message: string): BrokerError =>
  new BrokerError('com.microsoft:argument-error', 400, message);

export const notImplemented = (what: string): BrokerError =>
  new BrokerError('amqp:not-implemented', 501, `${what} is not implemented by this broker.`);
