/** Wakes whoever waits for the last of what is to come. */
export class Emptiness {
  #wake: (() => void) | undefined;

  /** The last has come. */
  reached(): void {
    this.#wake?.();
  }

  /** Waits for the last. @returns false when the time was up before */
  async within(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.#wake = () => resolve(true);
    const result = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return result;
  }
}
