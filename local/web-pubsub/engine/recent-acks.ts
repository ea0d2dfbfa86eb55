const REMEMBERED = 1000;

/** The last 1,000 ack ids that a session has been confirmed; the oldest is forgotten first. */
export class RecentAcks {
  readonly #ids = new Set<number>();

  has(ackId: number): boolean {
    return this.#ids.has(ackId);
  }

  add(ackId: number): void {
    this.#ids.add(ackId);
    if (this.#ids.size <= REMEMBERED) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
