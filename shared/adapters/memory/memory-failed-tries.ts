import { lately, type Failures } from '../../domain/back-off.ts';
import type { FailedTries, Tries } from '../../ports/failed-tries.ts';

/** What was tried in vain in one process: each instance of the app counts by itself. */
export class MemoryFailedTries implements FailedTries {
  /** In the order in which they last failed. */
  readonly #failures = new Map<string, Failures>();
  readonly #max: number;

  /** @param max keys that are remembered; beyond it the one that has been quiet for longest is forgotten */
  constructor(max = 100_000) {
    this.#max = max;
  }

  find(key: string, now: Date): Promise<Tries> {
    return Promise.resolve(this.#lately(key, now));
  }

  add(key: string, { count }: Tries, now: Date): Promise<boolean> {
    if (this.#lately(key, now).count !== count) return Promise.resolve(false);
    this.#failures.delete(key);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size < this.#max) break;
      this.#failures.delete(oldest);
    }
    this.#failures.set(key, { count: count + 1, at: now.getTime() });
    return Promise.resolve(true);
  }

  forget(key: string): Promise<void> {
    this.#failures.delete(key);
    return Promise.resolve();
  }

  #lately(key: string, now: Date): Failures {
    return lately(this.#failures.get(key) ?? { count: 0, at: 0 }, now.getTime());
  }
}
