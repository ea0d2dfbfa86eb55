import { Hub } from '../engine/hub.ts';
import type { Limits } from '../engine/limits.ts';
import type { Session } from '../engine/session.ts';
import type { Witness } from '../engine/witness.ts';

/** All hubs, made when first named. Their names do not distinguish case. */
export class Hubs {
  readonly #hubs = new Map<string, Hub>();
  readonly #limits: Limits;
  readonly #onEnded: (session: Session, reason: string) => void;
  readonly #witness: Witness | undefined;

  constructor(limits: Limits, onEnded: (session: Session, reason: string) => void, witness?: Witness) {
    this.#limits = limits;
    this.#onEnded = onEnded;
    this.#witness = witness;
  }

  get(name: string): Hub {
    const key = name.toLowerCase();
    let hub = this.#hubs.get(key);
    if (!hub) {
      hub = new Hub(key, this.#limits, this.#onEnded, this.#witness);
      this.#hubs.set(key, hub);
    }
    return hub;
  }

  /** A hub that has been named before; makes none, so it may be asked for what strangers name. */
  find(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  all(): Hub[] {
    return [...this.#hubs.values()];
  }

  closeAll(reason: string, code: number): void {
    for (const hub of this.#hubs.values()) {
      for (const session of hub.connections()) session.close(reason, code);
    }
  }
}
