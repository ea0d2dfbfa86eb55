/** Calls all. One that throws harms nobody else: it is reported as an uncaught error. @internal */
export const callAll = <T>(listeners: Iterable<(event: T) => void>, event: T): void => {
  for (const listener of [...listeners]) {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
};

/** Calls whoever listens, as `callAll` does. @internal */
export class Emitter<Events> {
  readonly #listeners: { [Name in keyof Events]?: Set<(event: Events[Name]) => void> } = {};

  /** @returns ends it */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const all = (this.#listeners[name] ??= new Set());
    // Of its own, so that one function can listen twice, and each end itself.
    const own = (event: Events[Name]): void => listener(event);
    all.add(own);
    return () => {
      all.delete(own);
    };
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    callAll(this.#listeners[name] ?? [], event);
  }

  clear(): void {
    for (const all of Object.values(this.#listeners) as Set<unknown>[]) all.clear();
  }
}
