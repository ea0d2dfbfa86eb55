import { takeBack, type Revoked, type TakenBackTokens, type Token } from '../../domain/token.ts';
import type { Accounts } from '../../ports/accounts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Jobs } from '../../ports/jobs.ts';
import type { Revocations } from '../../ports/revocations.ts';

/** Revocations that live as long as the process: for tests and simulations. */
export class MemoryRevocations implements Revocations {
  readonly #jobs: Pick<Jobs, 'erasureOf'>;
  readonly #accounts: Pick<Accounts, 'find'>;
  readonly #clock: Clock;
  readonly #takenBack = new Map<string, TakenBackTokens>();

  constructor(jobs: Pick<Jobs, 'erasureOf'>, accounts: Pick<Accounts, 'find'>, clock: Clock) {
    this.#jobs = jobs;
    this.#accounts = accounts;
    this.#clock = clock;
  }

  async of(userId: string): Promise<Revoked> {
    return {
      isErased: (await this.#jobs.erasureOf(userId)) !== undefined,
      generation: (await this.#accounts.find(userId))?.generation ?? 0,
      ...this.#of(userId),
    };
  }

  announce(): Promise<void> {
    return Promise.resolve();
  }

  takeBack(userId: string, token: Token): Promise<void> {
    this.#takenBack.set(userId, takeBack(this.#of(userId), token, this.#clock.now(), 0));
    return Promise.resolve();
  }

  #of(userId: string): TakenBackTokens {
    return this.#takenBack.get(userId) ?? { tokens: [], before: 0 };
  }
}
