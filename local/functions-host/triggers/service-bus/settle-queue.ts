/**
 * Spaces out settlements that differ. rhea, under the SDK, joins neighbouring dispositions of one turn of the event loop
 * into a range with the first one's state: an abandoned message right behind a completed one would be completed.
 */
export class SettleQueue {
  #last: boolean | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** Resolves when a settlement of this kind may be sent. */
  async ready(complete: boolean): Promise<void> {
    if (this.#last !== undefined && this.#last !== complete) {
      this.#turn = this.#turn.then(() => new Promise((next) => setImmediate(next)));
    }
    this.#last = complete;
    await this.#turn;
  }
}
