import { messageOf } from '../../errors.ts';

interface HeldLock {
  heldSince: number;
  /** When the lock was given or last renewed. */
  renewedAt: number;
  lockedUntil: number;
  isRenewing: boolean;
}

/** The lock duration assumed where a message doesn't say: half of Service Bus's shortest default. */
const assumedLockMs = 30_000;

const checkEveryMs = 250;

/**
 * Renews the locks of sessions whose message takes long: at half of the lock's time, up to a limit. One timer looks at
 * all of them, for most messages are done long before.
 */
export class LockRenewal {
  readonly #held = new Map<string, HeldLock>();
  readonly #renew: (sessionId: string) => Promise<Date>;
  readonly #limitMs: number;
  readonly #onFailure: (sessionId: string, reason: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param limitMs `maxAutoLockRenewalDuration` of one invocation; 0: never renew */
  constructor(
    renew: (sessionId: string) => Promise<Date>,
    limitMs: number,
    onFailure: (sessionId: string, reason: string) => void,
  ) {
    this.#renew = renew;
    this.#limitMs = limitMs;
    this.#onFailure = onFailure;
  }

  /**
   * Keeps a session's lock from now on.
   *
   * @returns ends the keeping; a lock lost and taken again since is not touched
   */
  begin(sessionId: string, lockedUntil: Date | undefined): () => void {
    if (this.#limitMs === 0) return () => undefined;
    const now = Date.now();
    const lock: HeldLock = {
      heldSince: now,
      renewedAt: now,
      lockedUntil: lockedUntil?.getTime() ?? now + assumedLockMs,
      isRenewing: false,
    };
    this.#held.set(sessionId, lock);
    this.#timer ??= setInterval(() => this.#check(), checkEveryMs);
    return () => {
      if (this.#held.get(sessionId) === lock) this.#held.delete(sessionId);
      if (this.#held.size === 0) this.stop();
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#held.clear();
  }

  #check(): void {
    const now = Date.now();
    for (const [sessionId, lock] of this.#held) {
      const isDue = now >= lock.renewedAt + (lock.lockedUntil - lock.renewedAt) / 2;
      if (isDue && !lock.isRenewing && now - lock.heldSince < this.#limitMs) {
        void this.#renewOne(sessionId, lock);
      }
    }
  }

  async #renewOne(sessionId: string, lock: HeldLock): Promise<void> {
    lock.isRenewing = true;
    try {
      lock.lockedUntil = (await this.#renew(sessionId)).getTime();
      lock.renewedAt = Date.now();
      lock.isRenewing = false;
    } catch (error) {
      // Stays marked: a lost lock cannot be renewed, and the broker gives the message to the next one.
      if (this.#held.get(sessionId) === lock) this.#onFailure(sessionId, messageOf(error));
    }
  }
}
