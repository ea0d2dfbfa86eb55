/** The operations of an entity's `$management` node. */
import { BrokerError, notImplemented } from '../../engine/errors.ts';
import type { Namespace } from '../../engine/namespace.ts';
import { asRecord, asString } from '../narrow.ts';
import { toBrokerError } from '../producer-link.ts';
import type { Reply } from '../request-reply.ts';
import type { DecodedMessage } from '../rhea.ts';
import { receiveBySequenceNumber, renewLocks, updateDisposition } from './messages.ts';
import type { Operation } from './operation.ts';
import { peekMessages } from './peek.ts';
import { addSubscriptionRule, listSubscriptionRules, removeSubscriptionRule } from './rules.ts';
import { cancelMessages, scheduleMessages } from './schedule.ts';
import { getState, listMessageSessions, renewSession, setState } from './sessions.ts';

const operations = new Map<string, Operation>([
  ['com.microsoft:renew-lock', renewLocks],
  ['com.microsoft:update-disposition', updateDisposition],
  ['com.microsoft:receive-by-sequence-number', receiveBySequenceNumber],
  ['com.microsoft:peek-message', peekMessages],
  ['com.microsoft:schedule-message', scheduleMessages],
  ['com.microsoft:cancel-scheduled-message', cancelMessages],
  ['com.microsoft:renew-session-lock', renewSession],
  ['com.microsoft:get-session-state', getState],
  ['com.microsoft:set-session-state', setState],
  ['com.microsoft:get-message-sessions', listMessageSessions],
  ['com.microsoft:add-rule', addSubscriptionRule],
  ['com.microsoft:remove-rule', removeSubscriptionRule],
  ['com.microsoft:enumerate-rules', listSubscriptionRules],
]);

/**
 * Carries out one request. The entity is looked up each time: a client keeps its link while the entity is deleted and
 * created again. Errors become answers.
 */
export function handleManagement(namespace: Namespace, path: string, request: DecodedMessage): Reply {
  try {
    const name = asString(request.application_properties?.operation) ?? '';
    const operation = operations.get(name);
    if (!operation) throw notImplemented(`The operation '${name}'`);
    const body = operation({ namespace, path, body: asRecord(request.body) ?? {} });
    return body
      ? { statusCode: 200, description: 'OK', body }
      : { statusCode: 204, description: 'No content' };
  } catch (error) {
    const { statusCode, message, condition } = toReportable(error);
    return { statusCode, description: message, condition };
  }
}

/** A request that makes the broker stumble is answered, too. */
function toReportable(error: unknown): BrokerError {
  try {
    return toBrokerError(error);
  } catch {
    return new BrokerError(
      'amqp:internal-error',
      500,
      error instanceof Error ? error.message : String(error),
    );
  }
}
