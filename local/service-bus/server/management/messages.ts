import { encodeDelivery } from '../../codec/delivery.ts';
import { fromUuid, toUuid } from '../../codec/lock-token.ts';
import type { LockToken } from '../../codec/lock-token.ts';
import { typecode, types } from '../../codec/values.ts';
import { receiveDeferred } from '../../engine/deferred.ts';
import type { DeferredDelivery } from '../../engine/deferred.ts';
import { invalidRequest } from '../../engine/errors.ts';
import { findLocks, lockedUntil, renewLock } from '../../engine/lock.ts';
import type { MessageQueue } from '../../engine/queue.ts';
import { settle } from '../../engine/settle.ts';
import type { Outcome } from '../../engine/settle.ts';
import { asArray, asInteger, asRecord, asString, requireIntegers, requireString } from '../narrow.ts';
import { queueOf } from './operation.ts';
import type { Operation } from './operation.ts';

/** `com.microsoft:renew-lock` */
export const renewLocks: Operation = (request) => {
  const queue = queueOf(request);
  const expirations = findLocks(queue, lockTokens(request.body)).map((lock) => renewLock(queue, lock));
  return { expirations: types.wrap_array(expirations, typecode.timestamp) };
};

/** `com.microsoft:update-disposition`: settles by lock token what cannot be settled on its link any more. */
export const updateDisposition: Operation = (request) => {
  const queue = queueOf(request);
  const outcome = readOutcome(request.body);
  for (const lock of findLocks(queue, lockTokens(request.body))) settle(queue, lock, outcome);
  return {};
};

/** `com.microsoft:receive-by-sequence-number`: deferred messages */
export const receiveBySequenceNumber: Operation = (request) => {
  const queue = queueOf(request);
  const numbers = requireIntegers(request.body, 'sequence-numbers');
  const deletesOnReceive = asInteger(request.body['receiver-settle-mode']) === 0;
  const deliveries = receiveDeferred(queue, numbers, { deletesOnReceive });
  return { messages: types.wrap_list(deliveries.map((delivery) => deferredEntry(queue, delivery))) };
};

function deferredEntry(queue: MessageQueue, { message, lock }: DeferredDelivery) {
  if (!lock) return types.wrap_map({ message: encodeDelivery(message.content, message) });
  const fields = { ...message, lockedUntil: lockedUntil(queue, lock) };
  return types.wrap_map({
    'lock-token': types.wrap_uuid(toUuid(lock.token)),
    message: encodeDelivery(message.content, fields),
  });
}

function lockTokens(body: Record<string, unknown>): LockToken[] {
  const tokens = asArray(body['lock-tokens']).map(fromUuid);
  const valid = tokens.filter((token) => token !== undefined);
  if (valid.length === 0 || valid.length < tokens.length) {
    throw invalidRequest("'lock-tokens' must be an array of uuids.");
  }
  return valid;
}

function readOutcome(body: Record<string, unknown>): Outcome {
  const status = requireString(body, 'disposition-status');
  const properties = asRecord(body['properties-to-modify']);
  switch (status) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'defered': // as the protocol spells it
      return { kind: 'defer', properties };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: asString(body['deadletter-reason']),
        description: asString(body['deadletter-description']),
        properties,
      };
    default:
      throw invalidRequest(`'${status}' is not a disposition status.`);
  }
}
