import type { EngineServices } from './services.ts';

/** Message ids seen within the duplicate detection window, oldest first. */
export class DuplicateHistory {
  readonly #path: string;
  readonly #services: EngineServices;
  readonly #until = new Map<string, number>();
  windowMs: number;

  constructor(path: string, services: EngineServices, windowMs: number) {
    this.#path = path;
    this.#services = services;
    this.windowMs = windowMs;
  }

  /** Takes note of an id. @returns false if it was seen within the window. */
  admit(messageId: string): boolean {
    const now = this.#services.clock.now();
    this.#forgetPast(now);
    if ((this.#until.get(messageId) ?? 0) > now) return false;
    this.#until.delete(messageId);
    const until = now + this.windowMs;
    this.#until.set(messageId, until);
    this.#services.journal.putDuplicate(this.#path, messageId, until);
    return true;
  }

  /** Puts back what a journal kept; oldest first. */
  restore(messageId: string, until: number): void {
    this.#until.set(messageId, until);
  }

  /** The window is the same for all (or was, if it was changed), so the first in the map is the first to end. */
  #forgetPast(now: number): void {
    for (const [messageId, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(messageId);
      this.#services.journal.deleteDuplicate(this.#path, messageId);
    }
  }
}
