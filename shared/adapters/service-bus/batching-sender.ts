import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';

interface Waiting {
  message: ServiceBusMessage;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Bytes of one batch stay well under the 256 KiB that a message of Service Bus Standard may have. */
const maxBatchBytes = 200_000;
const maxBatch = 100;
/** Sends under way at once; what comes meanwhile goes out together. */
const maxInFlight = 4;

const sizeOf = (message: ServiceBusMessage): number => JSON.stringify(message.body).length * 3 + 500;

/**
 * Sends single messages, several in one transfer when they come faster than Service Bus answers. Each send settles with
 * the transfer it was in: Service Bus takes a batch whole or not at all.
 */
export class BatchingSender {
  readonly #sender: Pick<ServiceBusSender, 'sendMessages'>;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(sender: Pick<ServiceBusSender, 'sendMessages'>) {
    this.#sender = sender;
  }

  /** Resolves when Service Bus has the message durably. */
  send(message: ServiceBusMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#inFlight < maxInFlight && this.#waiting.length > 0)
        void this.#sendBatch(this.#nextBatch());
    });
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { message } of this.#waiting) {
      bytes += sizeOf(message);
      if (count > 0 && (bytes > maxBatchBytes || count === maxBatch)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #sendBatch(batch: Waiting[]): Promise<void> {
    this.#inFlight++;
    try {
      const [first] = batch;
      if (batch.length === 1 && first) await this.#sender.sendMessages(first.message);
      else await this.#sender.sendMessages(batch.map(({ message }) => message));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#inFlight--;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
