import { Hub } from '../engine/hub.ts';
import type { Limits } from '../engine/limits.ts';
import type { Session } from '../engine/session.ts';

/** All hubs, made when first named. Their names do not distinguish case. */
export class Hubs {
  readonly #hubs = new Map<string, Hub>();
  readonly #limits: Limits;
  readonly #onEnded: (session: Session, reason: string) => void;

  constructor(limits: Limits, onEnded: (session: Session, reason: string) => void) {
    this.#limits = limits;
    this.#onEnded = onEnded;
  }

  get(name: string): Hub {
    const key = name.toLowerCase();
    let hub = this.#hubs.get(key);
    if (!hub) {
      hub = new Hub(key, this.#limits, this.#onEnded);
      this.#hubs.set(key, hub);
    }
    return hub;
  }

  closeAll(reason: string, code: number): void {
    for (const hub of this.#hubs.values()) {
      for (const session of hub.connections()) session.close(reason, code);
    }
  }
}
