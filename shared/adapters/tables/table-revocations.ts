import { odata } from '@azure/data-tables';
import {
  takeBack,
  type Revoked,
  type TakenBack,
  type TakenBackTokens,
  type Token,
} from '../../domain/token.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Revocations } from '../../ports/revocations.ts';
import { Announcements } from './announcements.ts';
import { guard, isConflict, maxTries, tooContended } from './errors.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { findRow, listRows, type Tables } from './tables.ts';
import { erasedKey, takenBackKey, userPartition } from './user-partition.ts';

/** What one look has shown, perhaps still under way, so that many calls at once cost one query. */
interface Look {
  revoked: Promise<Revoked>;
  until: number;
}

/** A look serves for as long as nothing is announced of its user; and for this long where announcements cannot be had. */
const lookMs = 5 * 60_000;

/** Users whose last look is kept, some 500 bytes each. */
const capacity = 20_000;

interface TakenBackRow {
  /** JSON: at most a hundred. */
  tokens: string;
  before: number;
}

type Row = Partial<TakenBackRow> & { rowKey?: string; userId?: string; generation?: number };

const takenBackIn = (row: Partial<TakenBackRow> = {}): TakenBackTokens => ({
  tokens: row.tokens === undefined ? [] : (JSON.parse(row.tokens) as TakenBack[]),
  before: row.before ?? 0,
});

const revokedIn = (rows: Row[], userId: string): Revoked => {
  const rowAt = (rowKey: string): Row | undefined => rows.find((row) => row.rowKey === rowKey);
  const { userId: owner, generation = 0 } = rowAt('account') ?? {};
  return {
    isErased: rowAt(erasedKey(userId).rowKey) !== undefined,
    // An account of the same name in another case is another user's.
    generation: owner === userId ? generation : 0,
    ...takenBackIn(rowAt(takenBackKey(userId).rowKey)),
  };
};

/**
 * In the table `Users`: the user's partition says all that refuses tokens; it is asked when a user is first seen and
 * when something was announced. An instance that cannot reach storage goes on with what it knows, for five minutes.
 */
export class TableRevocations implements Revocations {
  readonly #table: Tables['users'];
  readonly #clock: Clock;
  readonly #leewaySeconds: number;
  readonly #announcements: Announcements;
  readonly #looks = new RecentlyUsed<Look>(capacity);

  /** @param leewaySeconds how long after its expiry a token may still be taken for good */
  constructor({ users }: Pick<Tables, 'users'>, clock: Clock, leewaySeconds: number) {
    this.#table = users;
    this.#clock = clock;
    this.#leewaySeconds = leewaySeconds;
    this.#announcements = new Announcements(users, clock, (userId) => this.#looks.delete(userId));
  }

  async of(userId: string): Promise<Revoked> {
    await this.#announcements.catchUp();
    const now = this.#clock.now().getTime();
    const known = this.#looks.get(userId);
    if (known && known.until > now) return known.revoked;
    const look = { revoked: this.#ask(userId), until: now + lookMs };
    if (this.#announcements.isSettled(userId)) this.#remember(userId, look);
    return look.revoked;
  }

  announce(userId: string): Promise<void> {
    return this.#announcements.announce(userId);
  }

  async takeBack(userId: string, token: Token): Promise<void> {
    await this.announce(userId);
    for (let attempt = 0; attempt < maxTries; attempt++) if (await this.#tryTakeBack(userId, token)) return;
    throw tooContended('The list of tokens taken back');
  }

  /** @returns false to look again */
  async #tryTakeBack(userId: string, token: Token): Promise<boolean> {
    const key = takenBackKey(userId);
    const row = await findRow<TakenBackRow>(this.#table, key.partitionKey, key.rowKey);
    const { tokens, before } = takeBack(takenBackIn(row), token, this.#clock.now(), this.#leewaySeconds);
    const next = { ...key, tokens: JSON.stringify(tokens), before };
    try {
      if (row) await guard(() => this.#table.updateEntity(next, 'Replace', { etag: row.etag }));
      else await guard(() => this.#table.createEntity(next));
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  async #ask(userId: string): Promise<Revoked> {
    const filter = odata`PartitionKey eq ${userPartition(userId)}`;
    const select = ['rowKey', 'userId', 'generation', 'tokens', 'before'];
    return revokedIn(await listRows(this.#table, filter, { select }), userId);
  }

  #remember(userId: string, look: Look): void {
    this.#looks.set(userId, look);
    look.revoked.catch(() => {
      if (this.#looks.get(userId) === look) this.#looks.delete(userId);
    });
  }
}
