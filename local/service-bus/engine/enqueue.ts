import type { MessageContent } from '../codec/content.ts';
import { startTimeToLive } from './expire.ts';
import { BrokerError, notAllowed } from './errors.ts';
import { fanOut } from './fan-out.ts';
import type { BrokerMessage } from './message.ts';
import { MessageQueue } from './queue.ts';
import { countActive, makeReady } from './ready.ts';
import type { Topic } from './topic.ts';

export type SendTarget = MessageQueue | Topic;

/**
 * Takes a message from a sender: at once, or at the time it asks for.
 * @returns its sequence number; undefined if it is a duplicate, which is accepted and dropped
 * @throws BrokerError `amqp:not-allowed` if the entity requires a session id and the message has none; an id is too long
 */
export function enqueue(target: SendTarget, content: MessageContent): number | undefined {
  checkContent(target, content);
  if (target.duplicates && !target.duplicates.admit(content.messageId)) return undefined;
  const now = target.services.clock.now();
  const sequenceNumber = target.store.nextSequenceNumber();
  const message: BrokerMessage = {
    sequenceNumber,
    enqueuedSequenceNumber: sequenceNumber,
    enqueuedAt: now,
    deliveryCount: 0,
    state: 'active',
    content,
  };
  const scheduledFor = content.scheduledFor;
  if (scheduledFor !== undefined && scheduledFor > now) hold(target, message, scheduledFor);
  else arrive(target, message);
  return sequenceNumber;
}

/** @throws BrokerError as `enqueue` would */
export function checkContent(target: SendTarget, content: MessageContent): void {
  checkLength('MessageId', content.messageId);
  checkLength('SessionId', content.sessionId ?? '');
  if (target instanceof MessageQueue && target.sessions && content.sessionId === undefined) {
    throw notAllowed(
      'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
    );
  }
}

/** The cloud's limit for ids, in characters. */
const maxIdLength = 128;

function checkLength(name: string, id: string): void {
  if (id.length <= maxIdLength) return;
  throw new BrokerError(
    'com.microsoft:argument-out-of-range',
    400,
    `The ${name} has ${id.length} characters; at most ${maxIdLength} are allowed.`,
  );
}

/** Arms the activation of a scheduled message that is in the store. */
export function armActivation(target: SendTarget, message: BrokerMessage): void {
  message.deadline = target.services.deadlines.at(message.scheduledFor ?? 0, () => {
    activate(target, message);
  });
}

function hold(target: SendTarget, message: BrokerMessage, scheduledFor: number): void {
  message.state = 'scheduled';
  message.scheduledFor = scheduledFor;
  target.store.insert(message);
  armActivation(target, message);
}

/** A message that becomes active is enqueued anew: with a new number, behind what came before. */
function activate(target: SendTarget, message: BrokerMessage): void {
  target.store.remove(message);
  arrive(target, {
    ...message,
    sequenceNumber: target.store.nextSequenceNumber(),
    // Never before its time, though timers may fire a moment early.
    enqueuedAt: Math.max(target.services.clock.now(), message.scheduledFor ?? 0),
    state: 'active',
    deadline: undefined,
  });
}

function arrive(target: SendTarget, message: BrokerMessage): void {
  if (target instanceof MessageQueue) insertActive(target, message);
  else for (const { queue, copy } of fanOut(target, message)) insertActive(queue, copy);
}

function insertActive(queue: MessageQueue, message: BrokerMessage): void {
  queue.store.insert(message);
  countActive(queue, message, 1);
  startTimeToLive(queue, message);
  makeReady(queue, message);
}
