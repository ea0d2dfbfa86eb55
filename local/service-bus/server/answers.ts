/** Answers deliveries with dispositions. */
import type { BrokerError } from '../engine/errors.ts';
import { frames, messages } from './rhea.ts';
import type { AmqpError, Delivery } from './rhea.ts';

export const toAmqpError = (error: BrokerError): AmqpError => ({
  condition: error.condition,
  description: error.message,
});

export function accept(delivery: Delivery): void {
  answer(delivery, messages.accepted().described());
}

export function reject(delivery: Delivery, error: BrokerError): void {
  answer(delivery, messages.rejected({ error: toAmqpError(error) }).described());
}

/** Frees the delivery's place in rhea's buffer; the peer has settled it and expects nothing. */
export function closeDelivery(delivery: Delivery): void {
  delivery.settled = true;
  delivery.remote_settled = true;
}

/**
 * Written by hand, for rhea joins neighbouring dispositions of one turn into a range with the first one's state, which
 * would turn a rejection behind an acceptance into an acceptance.
 */
function answer(delivery: Delivery, state: unknown): void {
  const peerExpectsIt = !delivery.remote_settled;
  closeDelivery(delivery);
  const { link } = delivery;
  if (!peerExpectsIt || !link.session.is_open()) return;
  const { id } = delivery;
  link.session.output(
    frames.disposition({ role: !link.is_sender(), first: id, last: id, settled: true, state }),
  );
  link.connection._register();
}
