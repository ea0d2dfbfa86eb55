import type { Rate } from '../../domain/token-bucket.ts';
import type { Drawn } from '../../ports/rate-buckets.ts';

/** What an instance knows and has of one shared bucket. Times are milliseconds since 1970. */
export class Share {
  readonly #alone: Rate | undefined;
  /** Tokens drawn and not used. */
  #held = 0;
  /** Until then every token is a drawn one. */
  #warmUntil = 0;
  /** Tokens that were let through and nobody else knows of, as of `#at`. */
  #unrecorded = 0;
  #at = 0;
  #empty = { from: 0, until: 0 };
  /** The draw under way, if any. */
  drawing: Promise<void> | undefined;
  /** Tokens that takers wait for. */
  waiting = 0;

  /** @param alone what passes without asking */
  constructor(alone: Rate | undefined) {
    this.#alone = alone;
  }

  /** Tokens drawn that are still good: after the bucket had time to fill up they would come on top of a full one. */
  heldAt(now: number): number {
    if (now >= this.#warmUntil) this.#held = 0;
    return this.#held;
  }

  /** What was let through and not recorded, less what is let through alone for good. */
  unrecordedAt(now: number): number {
    const passed = Math.max(0, now - this.#at) / 1000;
    this.#unrecorded = Math.max(0, this.#unrecorded - passed * (this.#alone?.perSecond ?? 0));
    this.#at = now;
    return this.#unrecorded;
  }

  /** @returns whether there were as many of its own, drawn or let through alone */
  take(count: number, now: number): boolean {
    if (this.heldAt(now) >= count) {
      this.#held -= count;
      return true;
    }
    const mayPass = this.#alone && now >= this.#warmUntil;
    if (!mayPass || this.unrecordedAt(now) + count > this.#alone.burst) return false;
    this.#unrecorded += count;
    return true;
  }

  /** Seconds for which it is known that there is no token; 0: none. Not if the clock was set back behind the knowledge. */
  emptyFor(now: number): number {
    return now >= this.#empty.from && now < this.#empty.until ? (this.#empty.until - now) / 1000 : 0;
  }

  /** Notes what a draw gave, with which what was owed is recorded. */
  drew({ tokens, seconds }: Drawn, owed: number, least: number, now: number, warmMs: number): void {
    this.#held = this.heldAt(now) + tokens;
    this.#unrecorded = Math.max(0, this.#unrecorded - owed);
    this.#warmUntil = now + warmMs;
    if (tokens === 0 && least <= 1) this.#empty = { from: now, until: now + seconds * 1000 };
  }
}
