const firstMs = 100;
const mostMs = 1000;

/** Waits between attempts: longer after each failure, with some chance in it, until stopped. */
export class Backoff {
  #failures = 0;
  #wake: (() => void) | undefined;
  #isStopped = false;

  /** The last attempt worked: begin short again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Resolves when it is time for the next attempt, or at once when stopped. */
  async wait(): Promise<void> {
    if (this.#isStopped) return;
    const ms = Math.min(mostMs, firstMs * 2 ** this.#failures++) * (0.75 + Math.random() / 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }
}
