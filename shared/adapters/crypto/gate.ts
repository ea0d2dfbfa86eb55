import { ChatError } from '../../domain/errors.ts';

/** Lets a few through at a time, makes some wait, and turns away the rest. */
export class Gate {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs `work` when it is its turn. @throws ChatError `unavailable` when too many wait already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxRunning) this.#running++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line: nobody who comes later can slip in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      throw new ChatError('unavailable', 'Too many are logging in or registering just now.', {
        retryAfterSeconds: 2,
      });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
