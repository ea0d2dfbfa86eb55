import type { Cancel, Environment } from './environment.ts';

/** How often others are told that somebody goes on typing; they are shown it for five seconds. */
const repeatMs = 3_000;

/** Who is typing in a conversation, until they stop, write, or their time is over. @internal */
export class TypingUsers {
  readonly #environment: Environment;
  readonly #onEnd: () => void;
  readonly #users = new Map<string, Cancel>();
  #toldAt: number | undefined;

  constructor(environment: Environment, onEnd: () => void) {
    this.#environment = environment;
    this.#onEnd = onEnd;
  }

  get userIds(): string[] {
    return [...this.#users.keys()];
  }

  /** @param ms for how long, if nothing more is heard @returns whether anything changed */
  set(userId: string, isTyping: boolean, ms: number): boolean {
    const cancel = this.#users.get(userId);
    cancel?.();
    if (!isTyping) return this.#users.delete(userId);
    const end = (): void => {
      this.#users.delete(userId);
      this.#onEnd();
    };
    this.#users.set(userId, this.#environment.after(ms, end));
    return cancel === undefined;
  }

  /** Whether others are to be told now what this user does. */
  isNews(isTyping: boolean): boolean {
    const now = this.#environment.now();
    const isNew = isTyping
      ? this.#toldAt === undefined || now - this.#toldAt >= repeatMs
      : this.#toldAt !== undefined;
    if (isNew) this.#toldAt = isTyping ? now : undefined;
    return isNew;
  }
}
