import type { OperationOptionsBase, ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import { asUnavailable, isAnswer } from './errors.ts';

/** A call of a sender; to be ended with the signal in the options. */
export type SenderCall<T> = (sender: ServiceBusSender, options: OperationOptionsBase) => Promise<T>;

/** One client with its senders. A client has one AMQP connection, so all its senders fail together. */
class Connection {
  readonly #client: ServiceBusClient;
  readonly #tryMs: number;
  readonly #senders = new Map<string, ServiceBusSender>();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(client: ServiceBusClient, tryMs: number) {
    this.#client = client;
    this.#tryMs = tryMs;
  }

  /** Settles in time, whatever the SDK does with the signal. */
  run<T>(entity: string, call: SenderCall<T>): Promise<T> {
    const settled = this.#inTime((abortSignal) => call(this.#sender(entity), { abortSignal })).finally(() =>
      this.#underWay.delete(settled),
    );
    this.#underWay.add(settled);
    return settled;
  }

  /** Closes the client once nothing is under way. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#client.close();
  }

  #sender(entity: string): ServiceBusSender {
    const sender = this.#senders.get(entity) ?? this.#client.createSender(entity);
    this.#senders.set(entity, sender);
    return sender;
  }

  async #inTime<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`Service Bus has not answered within ${this.#tryMs} ms.`));
        controller.abort();
      }, this.#tryMs);
    });
    try {
      return await Promise.race([call(controller.signal), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The connection to Service Bus, replaced by a new one whenever it fails to bring an answer: a connection that a network
 * has forgotten stays silent for minutes while a new one would do, and the SDK would wait.
 */
export class ServiceBusConnections {
  readonly #open: () => ServiceBusClient;
  readonly #tryMs: number;
  #current: Connection | undefined;
  #isClosed = false;

  /** @param tryMs how long one try may take; a call settles within two */
  constructor(open: () => ServiceBusClient, tryMs: number) {
    this.#open = open;
    this.#tryMs = tryMs;
  }

  /**
   * Runs a call, over a new connection once more if it was not answered. It may then be done twice.
   * @throws ChatError `unavailable`: it may have been done all the same, for an answer can be lost; the failure itself
   * when Service Bus will never take the message
   */
  async run<T>(entity: string, call: SenderCall<T>): Promise<T> {
    try {
      return await this.#try(entity, call).catch((error: unknown) => {
        if (isAnswer(error)) throw error;
        return this.#try(entity, call);
      });
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /**
   * Takes nothing any more, lets what is under way come to its end and closes the connection; if that has fallen silent,
   * without waiting for its farewell.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#current) return;
    let timer: NodeJS.Timeout | undefined;
    const longEnough = new Promise<void>((resolve) => (timer = setTimeout(resolve, 2 * this.#tryMs)));
    await Promise.race([this.#drop(this.#current), longEnough]);
    clearTimeout(timer);
  }

  async #try<T>(entity: string, call: SenderCall<T>): Promise<T> {
    if (this.#isClosed) throw new Error('The app is stopping.');
    const connection = (this.#current ??= new Connection(this.#open(), this.#tryMs));
    try {
      return await connection.run(entity, call);
    } catch (error) {
      if (!isAnswer(error)) void this.#drop(connection);
      throw error;
    }
  }

  /** Resolves once it is closed, which a silent one is after minutes; by then it serves nobody. */
  async #drop(connection: Connection): Promise<void> {
    if (this.#current !== connection) return; // another call has seen it fail before
    this.#current = undefined;
    await connection.end().catch(() => undefined); // of no use to anybody: how it failed is known from its calls
  }
}
