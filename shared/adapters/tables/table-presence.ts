import { odata, type TableEntityResult } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import {
  endMarkMinutes,
  minuteOf,
  nextLook,
  secondLookMinutes,
  type Lease,
  type Standing,
} from '../../domain/presence.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Presence } from '../../ports/presence.ts';
import { isWithin } from '../is-within.ts';
import { deleteRow, deleteRows } from './delete-rows.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { LeaseSchedule } from './lease-schedule.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** How old an answer from the cache may be. */
const cacheMs = 2000;
const cacheCapacity = 50_000;

/** Rows of connections deleted at once. */
const concurrency = 32;

interface Seen {
  standing: Standing;
  until: number;
}

interface ConnectionRow {
  connectionId: string;
  connectedAt: string;
  /** The connection ended before anything was known of it. */
  ended: boolean;
}

/** What outlives a user's connections. */
interface UserRow {
  lastSeenAt?: string;
  isToldOnline?: boolean;
}

/** In no encoded id: no connection has this row key. */
const userKey = 'user|';

const standingOf = (rows: readonly TableEntityResult<Record<string, unknown>>[]): Standing => {
  const user = rows.find(({ rowKey }) => rowKey === userKey) as UserRow | undefined;
  const connections = rows
    .filter(({ ended }) => ended === false)
    .map((row) => row as unknown as ConnectionRow)
    .toSorted((a, b) => a.connectedAt.localeCompare(b.connectedAt))
    .map(({ connectionId }) => connectionId);
  const online = connections.length > 0;
  return {
    connections,
    online,
    lastSeenAt: online ? null : (user?.lastSeenAt ?? null),
    isToldOnline: user?.isToldOnline ?? false,
  };
};

const keysOf = (userId: string, connectionId: string): { partitionKey: string; rowKey: string } => ({
  partitionKey: encodeKey(userId),
  rowKey: encodeKey(connectionId),
});

const leaseOf = (userId: string, connectionId: string, dueAt: Date): Lease => ({
  userId,
  connectionId,
  dueAt,
  isEndMark: false,
  isMissing: false,
});

/**
 * The table `Presence`: one partition per user with a row per connection and one of the user, and the schedule of when to
 * look after connections.
 * Events may come late, twice or in the wrong order: an end that comes first leaves a mark behind, so that its own
 * beginning does not bring the connection back.
 */
export class TablePresence implements Presence {
  readonly #table: Tables['presence'];
  readonly #schedule: LeaseSchedule;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  readonly #asking = new Map<string, Promise<Standing>>();

  constructor(tables: Pick<Tables, 'presence'>, clock: Clock) {
    this.#table = tables.presence;
    this.#schedule = new LeaseSchedule(tables.presence);
    this.#clock = clock;
  }

  async connected(userId: string, connectionId: string, at: Date): Promise<void> {
    // The lease first: one without a connection ends by itself, a connection without one would stay for ever.
    await this.#schedule.put([leaseOf(userId, connectionId, nextLook(at, at))]);
    const row = { userId, connectionId, connectedAt: at.toISOString(), ended: false };
    try {
      await guard(() => this.#table.createEntity({ ...keysOf(userId, connectionId), ...row }));
    } catch (error) {
      if (!isStatus(error, 409)) throw error; // known already, or ended before it began
    }
    this.#forget(userId);
  }

  async disconnected(userId: string, connectionId: string, at: Date): Promise<void> {
    const { partitionKey, rowKey } = keysOf(userId, connectionId);
    const row = await findRow<ConnectionRow>(this.#table, partitionKey, rowKey);
    if (!row) await this.#mark(userId, connectionId, at);
    else if (!row.ended) {
      await this.#end(userId, connectionId, at);
      // Where it stands unless the look was late; the next look removes it then.
      await this.#schedule.remove([leaseOf(userId, connectionId, nextLook(new Date(row.connectedAt), at))]);
    }
    this.#forget(userId);
  }

  async isOnline(userId: string, freshness: 'cached' | 'now'): Promise<boolean> {
    return (await this.standing(userId, freshness)).online;
  }

  async noteTold(userId: string, isOnline: boolean): Promise<void> {
    const row = { partitionKey: encodeKey(userId), rowKey: userKey, isToldOnline: isOnline };
    await guard(() => this.#table.upsertEntity(row, 'Merge'));
    this.#forget(userId);
  }

  async standing(userId: string, freshness: 'cached' | 'now'): Promise<Standing> {
    const seen = this.#seen.get(userId);
    if (freshness === 'cached' && seen && isWithin(cacheMs, seen.until, this.#clock.now()))
      return seen.standing;
    const underWay = freshness === 'cached' ? this.#asking.get(userId) : undefined;
    return underWay ?? this.#ask(userId);
  }

  expired(now: Date): AsyncIterable<Lease[]> {
    return this.#schedule.expired(now);
  }

  renew(leases: readonly Lease[], now: Date): Promise<void> {
    return this.#move(leases, (lease) => ({
      ...lease,
      dueAt: nextLook(lease.dueAt, now),
      isMissing: false,
    }));
  }

  doubt(leases: readonly Lease[], now: Date): Promise<void> {
    const dueAt = minuteOf(now, secondLookMinutes);
    return this.#move(leases, (lease) => ({ ...lease, dueAt, isMissing: true }));
  }

  async end(leases: readonly Lease[], at: Date): Promise<void> {
    await forEach(leases, concurrency, async ({ userId, connectionId, isEndMark }) => {
      await (isEndMark ? this.#delete(userId, connectionId) : this.#end(userId, connectionId, at));
      this.#forget(userId);
    });
    await this.#schedule.remove(leases);
  }

  async erase(userId: string): Promise<void> {
    await deleteRows(this.#table, odata`PartitionKey eq ${encodeKey(userId)}`);
    this.#forget(userId);
  }

  /** The new time first: a lease with two times is looked at twice, one with none never again. */
  async #move(leases: readonly Lease[], moved: (lease: Lease) => Lease): Promise<void> {
    await this.#schedule.put(leases.map(moved));
    await this.#schedule.remove(leases);
  }

  async #mark(userId: string, connectionId: string, at: Date): Promise<void> {
    const dueAt = minuteOf(at, endMarkMinutes);
    await this.#schedule.put([{ ...leaseOf(userId, connectionId, dueAt), isEndMark: true }]);
    const row = { userId, connectionId, connectedAt: at.toISOString(), ended: true };
    await guard(() => this.#table.upsertEntity({ ...keysOf(userId, connectionId), ...row }, 'Replace'));
  }

  /** In one transaction: who ends a connection was the last to see its user, and who comes second changes nothing. */
  async #end(userId: string, connectionId: string, at: Date): Promise<void> {
    const keys = keysOf(userId, connectionId);
    const user = { ...keys, rowKey: userKey, lastSeenAt: at.toISOString() };
    try {
      await guard(() =>
        this.#table.submitTransaction([
          ['delete', keys],
          ['upsert', user, 'Merge'],
        ]),
      );
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  async #delete(userId: string, connectionId: string): Promise<void> {
    const { partitionKey, rowKey } = keysOf(userId, connectionId);
    await deleteRow(this.#table, partitionKey, rowKey);
  }

  /** Many messages for one user at once cost one query. */
  async #ask(userId: string): Promise<Standing> {
    const until = this.#clock.now().getTime() + cacheMs;
    const asking = listRows(this.#table, odata`PartitionKey eq ${encodeKey(userId)}`).then(standingOf);
    this.#asking.set(userId, asking);
    try {
      const standing = await asking;
      // Not if somebody came or went meanwhile.
      if (this.#asking.get(userId) === asking) this.#remember(userId, { standing, until });
      return standing;
    } finally {
      if (this.#asking.get(userId) === asking) this.#asking.delete(userId);
    }
  }

  #remember(userId: string, seen: Seen): void {
    if (this.#seen.size >= cacheCapacity) this.#seen.clear();
    this.#seen.set(userId, seen);
  }

  #forget(userId: string): void {
    this.#seen.delete(userId);
    this.#asking.delete(userId);
  }
}
