import { toDeliveryTag } from '../codec/lock-token.ts';
import { encodeDelivery } from '../codec/delivery.ts';
import { ask, join, leave } from '../engine/consumers.ts';
import { BrokerError } from '../engine/errors.ts';
import { lockedUntil } from '../engine/lock.ts';
import type { BrokerMessage, Consumer, Lock } from '../engine/message.ts';
import type { MessageQueue } from '../engine/queue.ts';
import { maxMessageSize } from '../engine/settings.ts';
import { settle } from '../engine/settle.ts';
import { accept, closeDelivery, reject, toAmqpError } from './answers.ts';
import { outcomeEvents, readOutcome } from './outcomes.ts';
import type { Delivery, SenderLink } from './rhea.ts';

/** Room for what the broker adds to a message of the largest size. */
const maxTransferSize = maxMessageSize + 32 * 1024;

/** A receiver: an AMQP link on which we send. */
export class ConsumerLink implements Consumer {
  readonly deletesOnReceive: boolean;
  readonly manySessions: boolean;
  readonly #link: SenderLink;
  readonly #queue: MessageQueue;
  readonly #locks = new Map<Delivery, Lock>();
  #started = false;
  /** Deliveries handed to rhea since the link opened; it writes them at the end of the turn. */
  #handed = 0;

  constructor(link: SenderLink, queue: MessageQueue, options: { manySessions: boolean }) {
    this.#link = link;
    this.#queue = queue;
    this.manySessions = options.manySessions;
    this.deletesOnReceive = link.snd_settle_mode === 1;
    answerDrainsOnce(link);
  }

  /** Starts taking messages; the link must be open, or opening. */
  start(): void {
    this.#started = true;
    join(this.#queue, this);
    for (const event of outcomeEvents) {
      this.#link.on(event, ({ delivery }: { delivery: Delivery }) => {
        this.#settled(delivery, event);
      });
    }
    this.wantMore();
  }

  /** The peer gave credit, or its window opened. */
  wantMore(): void {
    if (this.#started) ask(this.#queue, this, { drain: this.#link._draining });
  }

  /** The link or its connection is gone. */
  stop(options: { connectionLost: boolean }): void {
    this.#started = false;
    this.#locks.clear();
    leave(this.#queue, this, { countDelivery: this.manySessions || options.connectionLost });
  }

  capacity(): number {
    const credit = this.#link.delivery_count + this.#link.credit - this.#handed;
    const { outgoing } = this.#link.session;
    // What the peer's window cannot take now would wait in rhea and hold up every other link of the session.
    const frames = framesPerMessage(this.#link.connection.max_frame_size);
    const unwritten = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    const window = Math.floor(outgoing.transfer_window() / frames) - unwritten;
    const capacity = Math.min(credit, window, outgoing.available());
    return Number.isNaN(capacity) ? 0 : capacity; // before the first flow the window is not known
  }

  deliver(message: BrokerMessage, lock: Lock | undefined): void {
    const fields = { ...message, lockedUntil: lock && lockedUntil(this.#queue, lock) };
    const bytes = encodeDelivery(message.content, fields);
    const tag = lock ? toDeliveryTag(lock.token) : Buffer.from(String(this.#handed));
    this.#handed++;
    const delivery = this.#link.send(bytes, tag, 0);
    if (lock) this.#locks.set(delivery, lock);
  }

  drained(): void {
    if (!this.#link._draining) return;
    // AMQP 1.0 §2.6.7: the credit is used up, whether there was any or not, and the flow that says so is the answer.
    this.#handed = Math.max(this.#handed, this.#link.delivery_count + this.#link.credit);
    this.#link.issue_flow = true;
    this.#link.connection._register();
  }

  end(error: BrokerError): void {
    this.#link.close(toAmqpError(error));
  }

  #settled(delivery: Delivery, event: (typeof outcomeEvents)[number]): void {
    const lock = this.#locks.get(delivery);
    this.#locks.delete(delivery);
    if (!lock) {
      closeDelivery(delivery);
      return;
    }
    const { turn } = this.#queue.services;
    try {
      settle(this.#queue, lock, readOutcome(event, delivery.remote_state));
      // Accepted whatever was asked for: the SDK takes any other outcome for a failure.
      turn.afterCommit(() => {
        accept(delivery);
      });
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      turn.afterCommit(() => {
        reject(delivery, error);
      });
    }
  }
}

/** rhea answers a drain only while there is credit, and then as often as it writes a flow. */
function answerDrainsOnce(link: SenderLink): void {
  link._get_drain = () => {
    if (!link._draining) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    return true;
  };
}

function framesPerMessage(maxFrameSize: number | null | undefined): number {
  // rhea keeps 50 bytes and the tag for the transfer frame itself.
  return maxFrameSize ? Math.ceil(maxTransferSize / Math.max(maxFrameSize - 66, 1)) : 1;
}
