import { randomUUID } from 'node:crypto';
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import { describe } from './amqp.ts';

interface Pending {
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

/** An entity's `$management` node on an open connection: requests and their answers. */
export class ManagementLink {
  readonly #replyTo = `functions-host-${randomUUID()}`;
  readonly #pending = new Map<string, Pending>();
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #waiting: (() => void)[] = [];

  constructor(connection: Connection, address: string) {
    const node = `${address}/$management`;
    this.#receiver = connection.open_receiver({
      source: { address: node },
      target: { address: this.#replyTo },
      credit_window: 100,
    });
    this.#sender = connection.open_sender({ target: { address: node }, source: { address: this.#replyTo } });
    this.#receiver.on('message', (context: EventContext) => this.#answer(context));
    this.#sender.on('sendable', () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const send of waiting) send();
    });
    for (const link of [this.#sender, this.#receiver]) {
      for (const event of ['sender_error', 'sender_close', 'receiver_error', 'receiver_close']) {
        link.on(event, () => this.fail(describe(link.error ?? `${node} was closed`)));
      }
    }
  }

  /**
   * Extends the lock of a session this connection holds.
   *
   * @returns when it now ends
   * @throws Error with the broker's wording when the lock is lost
   */
  async renewSessionLock(sessionId: string): Promise<Date> {
    const body = await this.#request('com.microsoft:renew-session-lock', { 'session-id': sessionId });
    const { expiration } = (body ?? {}) as { expiration?: Date | number };
    return new Date(expiration ?? Date.now());
  }

  /** Ends all requests that wait: the connection is gone. */
  fail(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(reason));
    this.#pending.clear();
  }

  #request(operation: string, body: Record<string, unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      this.#pending.set(id, { resolve, reject });
      const send = (): void => {
        this.#sender.send({
          message_id: id,
          reply_to: this.#replyTo,
          application_properties: { operation },
          body: rhea.types.wrap_map(body),
        });
      };
      if (this.#sender.sendable()) send();
      else this.#waiting.push(send);
    });
  }

  #answer({ message }: EventContext): void {
    const id = String(message?.correlation_id);
    const pending = this.#pending.get(id);
    if (message === undefined || pending === undefined) return;
    this.#pending.delete(id);
    const properties = (message.application_properties ?? {}) as Record<string, unknown>;
    const status = Number(properties.statusCode ?? properties['status-code']);
    if (status >= 200 && status < 300) {
      pending.resolve(message.body);
    } else {
      const text = properties.statusDescription ?? properties.errorCondition ?? `status ${status}`;
      pending.reject(new Error(typeof text === 'string' ? text : `status ${status}`));
    }
  }
}
