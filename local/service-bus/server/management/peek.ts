import { encodeDelivery } from '../../codec/delivery.ts';
import { types } from '../../codec/values.ts';
import { peek } from '../../engine/peek.ts';
import { asString, requireInteger } from '../narrow.ts';
import { queueOf } from './operation.ts';
import type { Operation } from './operation.ts';

/** An answer is one message, and has an end: clients peek on from the last message they got. */
const maxAnswerSize = 1024 * 1024;

/** `com.microsoft:peek-message` */
export const peekMessages: Operation = (request) => {
  const { body } = request;
  const found = peek(queueOf(request).store, {
    from: requireInteger(body, 'from-sequence-number'),
    count: requireInteger(body, 'message-count'),
    sessionId: asString(body['session-id']),
  });
  const omitBody = body['omit-message-body'] === true;
  const entries: unknown[] = [];
  let size = 0;
  for (const message of found) {
    const bytes = encodeDelivery(message.content, message, omitBody);
    size += bytes.length;
    if (entries.length > 0 && size > maxAnswerSize) break;
    entries.push(types.wrap_map({ message: bytes }));
  }
  return entries.length > 0 ? { messages: types.wrap_list(entries) } : undefined;
};
