/** Answers deliveries with dispositions. */
import type { BrokerError } from '../engine/errors.ts';
import { frames, messages } from './rhea.ts';
import type { AmqpError, Delivery, Link, Session } from './rhea.ts';

export const toAmqpError = (error: BrokerError): AmqpError => ({
  condition: error.condition,
  description: error.message,
});

export function accept(delivery: Delivery): void {
  if (!closeDelivery(delivery)) return;
  const range = openRanges.get(delivery.link.session);
  if (range?.link === delivery.link && range.last + 1 === delivery.id) {
    range.last = delivery.id;
    return;
  }
  flush(delivery.link.session);
  openRanges.set(delivery.link.session, { link: delivery.link, first: delivery.id, last: delivery.id });
  if (openRanges.size === 1) process.nextTick(flushAll);
}

export function reject(delivery: Delivery, error: BrokerError): void {
  if (!closeDelivery(delivery)) return;
  const { link, id } = delivery;
  flush(link.session);
  write(link, id, id, messages.rejected({ error: toAmqpError(error) }).described());
}

/**
 * Frees the delivery's place in rhea's buffer.
 * @returns whether the peer waits for an answer: it does not if it has settled the delivery itself
 */
export function closeDelivery(delivery: Delivery): boolean {
  const peerWaits = !delivery.remote_settled;
  delivery.settled = true;
  delivery.remote_settled = true;
  return peerWaits;
}

/** Deliveries in a row that are accepted in one turn are answered by one disposition. */
interface Range {
  readonly link: Link;
  readonly first: number;
  last: number;
}

const openRanges = new Map<Session, Range>();

function flushAll(): void {
  for (const session of openRanges.keys()) flush(session);
}

function flush(session: Session): void {
  const range = openRanges.get(session);
  if (!range) return;
  openRanges.delete(session);
  write(range.link, range.first, range.last, messages.accepted().described());
}

/**
 * Written by hand, for rhea joins neighbouring dispositions of one turn into a range with the first one's state, which
 * would turn a rejection behind an acceptance into an acceptance.
 */
function write(link: Link, first: number, last: number, state: unknown): void {
  if (!link.session.is_open()) return;
  const role = !link.is_sender();
  link.session.output(frames.disposition({ role, first, last, settled: true, state }));
  link.connection._register();
}
