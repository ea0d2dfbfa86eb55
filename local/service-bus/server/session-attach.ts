/** Receivers that ask for a session: by name, or for the next one that has messages and no owner. */
import { types } from '../codec/values.ts';
import { acceptSession, awaitSession } from '../engine/consumers.ts';
import { noSessionInTime } from '../engine/errors.ts';
import type { BrokerError } from '../engine/errors.ts';
import type { MessageQueue } from '../engine/queue.ts';
import type { Session } from '../engine/session-index.ts';
import { toAmqpError } from './answers.ts';
import type { ConsumerLink } from './consumer-link.ts';
import { asInteger, undescribed } from './narrow.ts';
import type { Link, SenderLink } from './rhea.ts';

const sessionFilter = 'com.microsoft:session-filter';
const defaultTimeoutMs = 60_000;

/** .NET ticks (100 ns) between year 1 and 1970. */
const ticksAt1970 = 621_355_968_000_000_000n;

/** The session a receiver asks for: an id, null for the next one, undefined if it asks for none. */
export function requestedSession(link: SenderLink): string | null | undefined {
  const filter = link.source?.filter;
  if (!filter || !(sessionFilter in filter)) return undefined;
  const value = undescribed(filter[sessionFilter]);
  return typeof value === 'string' ? value : null;
}

/** @throws BrokerError `session-cannot-be-locked` */
export function attachToSession(
  link: SenderLink,
  consumer: ConsumerLink,
  queue: MessageQueue,
  sessionId: string,
): void {
  acceptSession(queue, sessionId, consumer);
  nameSession(link, queue.sessions?.get(sessionId));
  consumer.start();
}

/**
 * Holds the attach back until there is a session, or until shortly before the client itself would give up: both at once
 * end in frames on links that the other side has forgotten.
 * @param done called when the waiting has ended by itself
 * @returns what ends the waiting when the link goes
 */
export function attachToNextSession(
  link: SenderLink,
  consumer: ConsumerLink,
  queue: MessageQueue,
  done: () => void,
): () => void {
  holdAttach(link);
  const giveUp = (error: BrokerError) => {
    timeout.cancel();
    stopWaiting();
    done();
    link.open();
    refuse(link, toAmqpError(error));
  };
  const stopWaiting = awaitSession(queue, {
    consumer,
    refused: giveUp,
    granted: (session) => {
      timeout.cancel();
      done();
      nameSession(link, session);
      link.open();
      consumer.start();
    },
  });
  const given = asInteger(link.properties?.['com.microsoft:timeout']) ?? defaultTimeoutMs;
  const { clock, deadlines } = queue.services;
  const timeout = deadlines.at(clock.now() + beforeClientGivesUp(given), () => {
    giveUp(noSessionInTime());
  });
  return () => {
    timeout.cancel();
    stopWaiting();
  };
}

/** Ends a link that is not to be: attach without terminus, then detach with the reason (AMQP 1.0 §2.6.3). */
export function refuse(link: Link, error: { condition: string; description: string }): void {
  link.local.attach.source = undefined;
  link.local.attach.target = undefined;
  link.close(error);
}

/** A fifth earlier, at most five seconds. */
function beforeClientGivesUp(timeoutMs: number): number {
  return Math.max(timeoutMs - Math.min(timeoutMs / 5, 5_000), 0);
}

/** rhea has queued the answering attach already when it tells of a link; this takes it back. */
export function holdAttach(link: Link): void {
  link.state.local_open = false;
  link.state.open_requests = 0;
}

function nameSession(link: SenderLink, session: Session | undefined): void {
  if (!session?.owner) return;
  link.set_source({ address: link.source?.address ?? null, filter: { [sessionFilter]: session.id } });
  link.local.attach.properties = {
    'com.microsoft:locked-until-utc': toTicks(session.owner.lockedUntil),
  };
}

function toTicks(time: number) {
  const ticks = Buffer.alloc(8);
  ticks.writeBigInt64BE(BigInt(Math.trunc(time)) * 10_000n + ticksAt1970);
  return types.wrap_long(ticks);
}
