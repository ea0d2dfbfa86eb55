import type { BrokerMessage } from './message.ts';

/** All messages of a queue, by sequence number, which only grows: adding is appending. */
export class MessageIndex {
  readonly #messages = new Map<number, BrokerMessage>();
  #order: number[] = [];

  get size(): number {
    return this.#messages.size;
  }

  /** The message's number must be higher than every number added before. */
  add(message: BrokerMessage): void {
    this.#messages.set(message.sequenceNumber, message);
    this.#order.push(message.sequenceNumber);
  }

  get(sequenceNumber: number): BrokerMessage | undefined {
    return this.#messages.get(sequenceNumber);
  }

  /** @returns false if it was not there (any more). */
  delete(message: BrokerMessage): boolean {
    if (this.#messages.get(message.sequenceNumber) !== message) return false;
    this.#messages.delete(message.sequenceNumber);
    if (this.#order.length > 1_024 && this.#order.length > this.#messages.size * 2) {
      this.#order = [...this.#messages.keys()];
    }
    return true;
  }

  values(): IterableIterator<BrokerMessage> {
    return this.#messages.values();
  }

  /** Messages with at least this number, in order. */
  *from(sequenceNumber: number): Generator<BrokerMessage> {
    for (let at = this.#placeOf(sequenceNumber); at < this.#order.length; at++) {
      const message = this.#messages.get(this.#order[at] ?? 0);
      if (message) yield message;
    }
  }

  #placeOf(sequenceNumber: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#order[middle] ?? 0) < sequenceNumber) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
