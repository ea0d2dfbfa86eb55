import { randomUUID } from 'node:crypto';
import type { Delivery, EventContext, Receiver } from 'rhea';
import { fromAmqp } from './amqp-message.ts';
import {
  describe,
  forgetDeliveriesSingly,
  refusalOf,
  sendDisposition,
  type AmqpConnection,
  withdrawCredit,
} from './amqp.ts';
import { LockRenewal } from './lock-renewal.ts';
import { ManagementLink } from './management.ts';
import type { ReceivedMessage } from './message.ts';

/** A broker's capability, and the link property that asks for it: one link with messages of many sessions. */
export const multiSession = 'local:multi-session';

export interface MultiSessionLinkOptions {
  address: string;
  /** Messages, and so sessions, in work at once. */
  slots: number;
  maxLockRenewalMs: number;
  /** Works on a message; resolves with true to complete, false to abandon it, undefined to leave it as it is. */
  handle: (message: ReceivedMessage) => Promise<boolean | undefined>;
  warn: (message: string) => void;
}

/**
 * Receives from all sessions of an entity over one link. The broker gives at most one message per session until it is
 * settled, which is a session's order and exclusiveness without a receiver, and its setting up, per session.
 */
export class MultiSessionLink {
  readonly #options: MultiSessionLinkOptions;
  readonly #receiver: Receiver;
  readonly #connection: AmqpConnection;
  readonly #management: ManagementLink;
  readonly #renewal: LockRenewal;
  readonly #settling = new Map<Delivery, () => void>();
  readonly #inWork = new Set<Promise<void>>();
  /** Resolves with the reason once nothing comes any more over this link. */
  readonly ended: Promise<string>;
  #isOpen = true;
  #isStopping = false;
  #owedCredit = 0;

  constructor(connection: AmqpConnection, options: MultiSessionLinkOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#receiver = connection.connection.open_receiver({
      name: `functions-host-${randomUUID()}`,
      source: { address: options.address },
      properties: { [multiSession]: true },
      rcv_settle_mode: 1,
      credit_window: 0,
      autoaccept: false,
      autosettle: false,
    });
    forgetDeliveriesSingly(this.#receiver);
    this.#management = new ManagementLink(connection.connection, options.address);
    this.#renewal = new LockRenewal(
      (sessionId) => this.#management.renewSessionLock(sessionId),
      options.maxLockRenewalMs,
      (sessionId, reason) =>
        options.warn(`The lock of session "${sessionId}" could not be renewed: ${reason}`),
    );
    this.ended = this.#watch();
    void this.ended.then((reason) => this.#release(reason));
    this.#receiver.once('receiver_open', () => this.#receiver.add_credit(options.slots));
    this.#receiver.on('message', (context: EventContext) => this.#onMessage(context));
    this.#receiver.on('settled', ({ delivery }: EventContext) => this.#onSettled(delivery));
  }

  /** Takes nothing new, waits for what is in work to be settled, and closes the connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    withdrawCredit(this.#receiver); // what comes now is for another host
    while (this.#inWork.size > 0) await Promise.all(this.#inWork);
    this.#receiver.close();
    this.#connection.connection.close();
    await Promise.race([this.#connection.closed, new Promise((later) => setTimeout(later, 1000).unref())]);
  }

  #watch(): Promise<string> {
    const linkClosed = new Promise<string>((resolve) => {
      for (const event of ['receiver_error', 'receiver_close', 'session_error', 'session_close']) {
        const endpoint = event.startsWith('session') ? this.#receiver.session : this.#receiver;
        endpoint.on(event, () => resolve(describe(endpoint.error ?? 'the link was closed')));
      }
    });
    return Promise.race([linkClosed, this.#connection.closed]);
  }

  #onMessage({ message, delivery }: EventContext): void {
    if (message === undefined || delivery === undefined) return;
    if (this.#isStopping) {
      delivery.release(); // it was on its way already
      return;
    }
    const work = this.#work(fromAmqp(message, delivery), delivery).finally(() => this.#inWork.delete(work));
    this.#inWork.add(work);
  }

  async #work(message: ReceivedMessage, delivery: Delivery): Promise<void> {
    const endRenewal = this.#renewal.begin(message.sessionId ?? '', message.lockedUntil);
    const complete = await this.#options.handle(message);
    endRenewal();
    if (!this.#isOpen) return; // the message has gone back to the broker with the connection
    if (complete !== undefined) await this.#settle(message, delivery, complete);
    this.addSlot();
  }

  async #settle(message: ReceivedMessage, delivery: Delivery, complete: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settling.set(delivery, resolve);
      sendDisposition(delivery, complete);
    });
    const refusal = refusalOf(delivery);
    if (refusal !== undefined) {
      const action = complete ? 'completed' : 'abandoned';
      this.#options.warn(`Message "${message.messageId ?? ''}" could not be ${action}: ${refusal}`);
    }
  }

  #onSettled(delivery: Delivery | undefined): void {
    if (delivery === undefined) return;
    this.#settling.get(delivery)?.();
    this.#settling.delete(delivery);
  }

  /** Makes room for one more message; one flow frame tells of all that became free in a turn. */
  addSlot(): void {
    if (this.#owedCredit++ > 0) return;
    setImmediate(() => {
      const credit = this.#owedCredit;
      this.#owedCredit = 0;
      if (this.#isOpen && !this.#isStopping) this.#receiver.add_credit(credit);
    });
  }

  #release(reason: string): void {
    this.#isOpen = false;
    this.#renewal.stop();
    this.#management.fail(reason);
    for (const resolve of this.#settling.values()) resolve();
    this.#settling.clear();
    this.#connection.connection.close();
  }
}
