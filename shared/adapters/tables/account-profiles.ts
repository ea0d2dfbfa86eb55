import { forEach } from '../../domain/chunks.ts';
import type { Accounts } from '../../ports/accounts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Profile, Profiles } from '../../ports/profiles.ts';
import { isWithin } from '../is-within.ts';
import { RecentlyUsed } from '../recently-used.ts';

/** How old a name may be that is shown. */
const cacheMs = 60_000;

/** Accounts looked up at once. */
const concurrency = 32;

/** The profiles of built-in accounts. */
export class AccountProfiles implements Profiles {
  readonly #accounts: Pick<Accounts, 'find'>;
  readonly #clock: Clock;
  readonly #known = new RecentlyUsed<{ profile: Profile | undefined; until: number }>(20_000);
  /** Look-ups under way: a list names the same user on each of its lines. */
  readonly #asked = new Map<string, Promise<Profile | undefined>>();

  constructor(accounts: Pick<Accounts, 'find'>, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  async find(userIds: readonly string[]): Promise<Map<string, Profile>> {
    const profiles = new Map<string, Profile>();
    await forEach(userIds, concurrency, async (userId) => {
      const profile = await this.#findOne(userId);
      if (profile) profiles.set(userId, profile);
    });
    return profiles;
  }

  #findOne(userId: string): Promise<Profile | undefined> {
    const known = this.#known.get(userId);
    if (known && isWithin(cacheMs, known.until, this.#clock.now())) return Promise.resolve(known.profile);
    const asked = this.#asked.get(userId);
    if (asked) return asked;
    const asking = this.#read(userId).finally(() => this.#asked.delete(userId));
    this.#asked.set(userId, asking);
    return asking;
  }

  async #read(userId: string): Promise<Profile | undefined> {
    const until = this.#clock.now().getTime() + cacheMs;
    const account = await this.#accounts.find(userId);
    const profile = account && { fullName: account.fullName, avatarUrl: account.avatarUrl };
    this.#known.set(userId, { profile, until });
    return profile;
  }
}
