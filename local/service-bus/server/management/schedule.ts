import { MessageContent } from '../../codec/content.ts';
import { typecode, types } from '../../codec/values.ts';
import { checkContent, enqueue } from '../../engine/enqueue.ts';
import type { SendTarget } from '../../engine/enqueue.ts';
import { invalidRequest, messageTooLarge } from '../../engine/errors.ts';
import { cancelScheduled } from '../../engine/scheduled.ts';
import { maxMessageSize } from '../../engine/settings.ts';
import { asArray, asRecord, requireIntegers } from '../narrow.ts';
import type { Operation, OperationRequest } from './operation.ts';

/** `com.microsoft:schedule-message`: all or none. A duplicate gets the number 0. */
export const scheduleMessages: Operation = (request) => {
  const target = targetOf(request);
  const contents = asArray(request.body.messages).map(readMessage);
  if (contents.length === 0) throw invalidRequest("'messages' must be a list of messages.");
  for (const content of contents) checkContent(target, content);
  const numbers = contents.map((content) => enqueue(target, content) ?? 0);
  return { 'sequence-numbers': types.wrap_array(numbers, typecode.long) };
};

/** `com.microsoft:cancel-scheduled-message`: all or none */
export const cancelMessages: Operation = (request) => {
  cancelScheduled(targetOf(request), requireIntegers(request.body, 'sequence-numbers'));
  return {};
};

const targetOf = ({ namespace, path }: OperationRequest): SendTarget => namespace.get(path);

function readMessage(entry: unknown): MessageContent {
  const bytes = asRecord(entry)?.message;
  if (!Buffer.isBuffer(bytes))
    throw invalidRequest("Each entry of 'messages' must carry an encoded message.");
  if (bytes.length > maxMessageSize) throw messageTooLarge(bytes.length, maxMessageSize);
  return MessageContent.fromPeer(bytes);
}
