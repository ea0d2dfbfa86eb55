import { Emptiness } from '../emptiness.ts';
import type { Tally } from './tally.ts';

interface Awaited {
  readonly since: number;
  readonly missing: Set<string>;
}

/** Knows of each accepted message to whom it has not come yet, and how long it took to whom it has. */
export class Deliveries {
  readonly #empty = new Emptiness();
  readonly #tally: Tally;
  readonly #awaited = new Map<string, Awaited>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Messages that have not come to everybody. */
  get open(): number {
    return this.#awaited.size;
  }

  /** @param since when it was due, in milliseconds of `performance.now()` */
  expect(clientMessageId: string, receiverIds: readonly string[], since: number): void {
    if (receiverIds.length > 0) this.#awaited.set(clientMessageId, { since, missing: new Set(receiverIds) });
  }

  /** What was given up, or taken back, need not come. */
  forget(clientMessageId: string): void {
    this.#awaited.delete(clientMessageId);
    if (this.#awaited.size === 0) this.#empty.reached();
  }

  /** @param way `live`, or how it came later; only what comes live is timed */
  arrived(clientMessageId: string, userId: string, way: 'live' | 'later'): void {
    const awaited = this.#awaited.get(clientMessageId);
    if (awaited?.missing.delete(userId) !== true) return;
    if (way === 'live') this.#tally.took('delivery', performance.now() - awaited.since);
    this.#tally.answered('delivery', way);
    if (awaited.missing.size === 0) this.forget(clientMessageId);
  }

  /** To whom something has not come for so long. */
  overdue(ms: number): ReadonlySet<string> {
    const before = performance.now() - ms;
    const users = new Set<string>();
    for (const { since, missing } of this.#awaited.values())
      if (since < before) for (const userId of missing) users.add(userId);
    return users;
  }

  /** Waits until all have come. @returns false when the time was up before */
  async allArrived(timeoutMs: number): Promise<boolean> {
    return this.open === 0 || (await this.#empty.within(timeoutMs));
  }
}
