import type { ServiceBusMessage } from '@azure/service-bus';
import { ChatError } from '../../domain/errors.ts';

interface Waiting {
  message: ServiceBusMessage;
  bytes: number;
  /** On the monotonic clock, in ms. */
  since: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface BatchingSenderOptions {
  /** A message that has waited for longer when its turn comes is refused: it has been tried by nobody. */
  maxWaitMs: number;
  /** Bodies waiting at once. */
  maxWaitingBytes?: number;
}

/** Bytes of one batch stay well under the 256 KiB that a message of Service Bus Standard may have. */
const maxBatchBytes = 200_000;
const maxBatch = 100;
/** Sends under way at once; what comes meanwhile goes out together. */
const maxInFlight = 4;
/** More than a message has besides its body: ids, times, and what AMQP needs around them. */
const headerBytes = 1000;
/** Memory that waiting messages may take, well below what the smallest instance has. */
const defaultMaxWaitingBytes = 16 * 1024 * 1024;

const refusal = (): ChatError =>
  new ChatError('unavailable', 'Too many messages are waiting for the queue just now.', {
    retryAfterSeconds: 1,
  });

/**
 * Sends single messages, several in one transfer when they come faster than Service Bus answers. Each send settles with
 * the transfer it was in: Service Bus takes a batch whole or not at all. Nobody waits without end: while transfers do not
 * come back, messages are refused.
 */
export class BatchingSender {
  readonly #transfer: (messages: ServiceBusMessage[]) => Promise<void>;
  readonly #maxWaitMs: number;
  readonly #maxWaitingBytes: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #isScheduled = false;

  constructor(
    transfer: (messages: ServiceBusMessage[]) => Promise<void>,
    { maxWaitMs, maxWaitingBytes = defaultMaxWaitingBytes }: BatchingSenderOptions,
  ) {
    this.#transfer = transfer;
    this.#maxWaitMs = maxWaitMs;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /**
   * Resolves when Service Bus has the message durably. The body is made JSON here, once; so its size is known.
   * @throws ChatError `unavailable` when too much is waiting, or for too long; whatever its transfer throws
   */
  send(message: ServiceBusMessage): Promise<void> {
    const body = Buffer.from(JSON.stringify(message.body));
    const bytes = body.length + headerBytes;
    if (this.#waitingBytes + bytes > this.#maxWaitingBytes) return Promise.reject(refusal());
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        message: { ...message, body },
        bytes,
        since: performance.now(),
        resolve,
        reject,
      });
      this.#waitingBytes += bytes;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#refuseStale();
      while (this.#inFlight < maxInFlight && this.#waiting.length > 0) void this.#send(this.#nextBatch());
    });
  }

  /** Those in front have waited longest. */
  #refuseStale(): void {
    const latest = performance.now() - this.#maxWaitMs;
    const fresh = this.#waiting.findIndex(({ since }) => since >= latest);
    const stale = this.#take(fresh === -1 ? this.#waiting.length : fresh);
    for (const { reject } of stale) reject(refusal());
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index > 0 && (bytes > maxBatchBytes || index === maxBatch);
    });
    return this.#take(end === -1 ? this.#waiting.length : end);
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    for (const { bytes } of taken) this.#waitingBytes -= bytes;
    return taken;
  }

  async #send(batch: Waiting[]): Promise<void> {
    this.#inFlight++;
    try {
      await this.#transfer(batch.map(({ message }) => message));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#inFlight--;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
