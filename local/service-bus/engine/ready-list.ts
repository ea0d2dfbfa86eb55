import type { BrokerMessage } from './message.ts';

/** Messages that can be delivered, by sequence number. What returns takes its old place. */
export class ReadyList {
  #items: (BrokerMessage | undefined)[] = [];
  #head = 0;
  readonly #removed = new Set<BrokerMessage>();

  get size(): number {
    return this.#items.length - this.#head - this.#removed.size;
  }

  add(message: BrokerMessage): void {
    const items = this.#items;
    const last = items.at(-1);
    if (items.length === this.#head || (last && last.sequenceNumber < message.sequenceNumber)) {
      items.push(message);
      return;
    }
    const at = this.#placeOf(message.sequenceNumber);
    if (at === this.#head && this.#head > 0) items[--this.#head] = message;
    else items.splice(at, 0, message);
  }

  /** Takes the first one. */
  shift(): BrokerMessage | undefined {
    while (this.#head < this.#items.length) {
      const message = this.#items[this.#head];
      this.#items[this.#head++] = undefined;
      this.#trim();
      if (message && !this.#removed.delete(message)) return message;
    }
    return undefined;
  }

  /** Takes out one that is in the list, wherever it is; it must not be added again. */
  remove(message: BrokerMessage): void {
    this.#removed.add(message);
    if (this.#removed.size > 1_000 && this.#removed.size * 2 > this.#items.length - this.#head) {
      this.#items = this.#items.slice(this.#head).filter((item) => item && !this.#removed.has(item));
      this.#head = 0;
      this.#removed.clear();
    }
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#removed.clear();
  }

  #trim(): void {
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  #placeOf(sequenceNumber: number): number {
    let low = this.#head;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.sequenceNumber ?? 0) < sequenceNumber) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
