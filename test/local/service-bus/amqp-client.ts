/** A bare AMQP client, for what the official SDK does not do. */
import { once } from 'node:events';
import rhea from 'rhea';
import type { Connection, Delivery, EventContext, Message, Receiver, ReceiverOptions } from 'rhea';
import { onTestFinished } from 'vitest';

/** A connection that is closed when the test is over. */
export async function connect(broker: { port: number }): Promise<Connection> {
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: broker.port, reconnect: false });
  for (const event of [
    'connection_error',
    'disconnected',
    'receiver_error',
    'sender_error',
    'session_error',
  ]) {
    connection.on(event, () => undefined);
  }
  onTestFinished(() => {
    connection.close();
  });
  await once(connection, 'connection_open');
  return connection;
}

export interface Received {
  readonly message: Message;
  readonly delivery: Delivery;
}

/** A receiver of many sessions, as the README describes it, with its deliveries as they come. */
export class ManySessions {
  readonly receiver: Receiver;
  readonly #waiting: ((received: Received) => void)[] = [];
  readonly #received: Received[] = [];

  private constructor(receiver: Receiver) {
    this.receiver = receiver;
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (!message || !delivery) return;
      const waiting = this.#waiting.shift();
      if (waiting) waiting({ message, delivery });
      else this.#received.push({ message, delivery });
    });
  }

  static async attach(connection: Connection, address: string, credit: number): Promise<ManySessions> {
    const options: ReceiverOptions = {
      source: { address },
      properties: { 'local:multi-session': true },
      credit_window: 0,
      autoaccept: false,
      rcv_settle_mode: 1, // settlements are answered
    };
    const receiver = connection.open_receiver(options);
    const link = new ManySessions(receiver);
    await once(receiver, 'receiver_open');
    receiver.add_credit(credit);
    return link;
  }

  /** The next delivery. */
  next(): Promise<Received> {
    const received = this.#received.shift();
    if (received) return Promise.resolve(received);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next deliveries. */
  async take(count: number): Promise<Received[]> {
    const received: Received[] = [];
    while (received.length < count) received.push(await this.next());
    return received;
  }

  /** Deliveries that have come and were not taken. */
  get untaken(): number {
    return this.#received.length;
  }

  /** Settles and resolves with the broker's answer: `accepted`, or the error's condition. */
  settle(delivery: Delivery, how: (delivery: Delivery) => void): Promise<string> {
    return new Promise((resolve) => {
      const onSettled = (context: EventContext) => {
        if (context.delivery !== delivery) return;
        this.receiver.removeListener('settled', onSettled);
        const state = context.delivery.remote_state as { error?: { condition: string } } | undefined;
        resolve(state?.error?.condition ?? 'accepted');
      };
      this.receiver.on('settled', onSettled);
      how(delivery);
    });
  }

  complete(delivery: Delivery): Promise<string> {
    return this.settle(delivery, (it) => {
      it.accept();
    });
  }
}

/** One round trip: whatever the broker was about to send on this connection has come. */
export async function roundTrip(connection: Connection): Promise<void> {
  const link = connection.open_receiver({ source: { address: '$cbs' } });
  await once(link, 'receiver_open');
  link.close();
  await once(link, 'receiver_close');
}
