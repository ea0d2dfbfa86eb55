import type { BrokerMessage } from './message.ts';
import { MessageIndex } from './message-index.ts';
import type { EngineServices } from './services.ts';

/** The messages of one entity, each change of which is journaled. */
export class MessageStore {
  readonly path: string;
  readonly index = new MessageIndex();
  readonly #services: EngineServices;
  #last: number;
  #closed = false;

  /** @param last the highest number ever given under this path */
  constructor(path: string, services: EngineServices, last: number) {
    this.path = path;
    this.#services = services;
    this.#last = last;
  }

  nextSequenceNumber(): number {
    this.#last++;
    this.#services.journal.putSequenceNumber(this.path, this.#last);
    return this.#last;
  }

  get lastSequenceNumber(): number {
    return this.#last;
  }

  insert(message: BrokerMessage): void {
    this.index.add(message);
    this.changed(message);
  }

  changed(message: BrokerMessage): void {
    if (this.#closed) return;
    this.#services.journal.putMessage(this.path, message);
    this.#services.turn.schedule();
  }

  /** Forgets everything but the highest number; nothing is journaled any more. */
  close(): void {
    this.#closed = true;
    this.#services.journal.deleteEntity(this.path);
    this.#services.turn.schedule();
  }

  remove(message: BrokerMessage): void {
    if (!this.index.delete(message) || this.#closed) return;
    this.#services.journal.deleteMessage(this.path, message.sequenceNumber);
    this.#services.turn.schedule();
  }
}
