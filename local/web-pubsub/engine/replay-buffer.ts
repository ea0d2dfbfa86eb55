import type { OutgoingMessage } from '../codec/outgoing-message.ts';
import type { Limits } from './limits.ts';

interface Entry {
  readonly sequenceId: number;
  readonly message: OutgoingMessage;
}

/** What a reliable client has been sent and not yet acknowledged, in order. */
export class ReplayBuffer {
  readonly #limits: Limits;
  #entries: Entry[] = [];
  #first = 0; // index of the oldest entry still held: shifting an array of a thousand per acknowledgement is dear
  #bytes = 0;
  #lastSequenceId = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Keeps a message and returns its sequence id, or null when there is no room for it. */
  add(message: OutgoingMessage): number | null {
    const { size } = message;
    const count = this.#entries.length - this.#first;
    if (count >= this.#limits.replayMessages || this.#bytes + size > this.#limits.replayBytes) return null;
    this.#bytes += size;
    this.#entries.push({ sequenceId: ++this.#lastSequenceId, message });
    return this.#lastSequenceId;
  }

  /** Lets go of everything up to and including this sequence id. */
  acknowledge(sequenceId: number): void {
    for (;;) {
      const entry = this.#entries[this.#first];
      if (!entry || entry.sequenceId > sequenceId) break;
      this.#bytes -= entry.message.size;
      this.#first++;
    }
    if (this.#first >= this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The frames to send again after a recovery, oldest first. */
  *frames(): Generator<Buffer> {
    for (const { message, sequenceId } of this.#entries.slice(this.#first))
      yield message.reliable(sequenceId);
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
