import { odata } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import { endMarkMinutes, minuteOf, nextLook, secondLookMinutes, type Lease } from '../../domain/presence.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Presence } from '../../ports/presence.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { LeaseSchedule } from './lease-schedule.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** How old an answer from the cache may be. */
const cacheMs = 1500;
const cacheCapacity = 50_000;

/** Rows of connections deleted at once. */
const concurrency = 32;

interface Seen {
  online: boolean;
  until: number;
}

interface ConnectionRow {
  connectionId: string;
  connectedAt: string;
  /** The connection ended before anything was known of it. */
  ended: boolean;
}

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
 * The table `Presence`: one partition per user with a row per connection, and the schedule of when to look after them.
 * Events may come late, twice or in the wrong order: an end that comes first leaves a mark behind, so that its own
 * beginning does not bring the connection back.
 */
export class TablePresence implements Presence {
  readonly #table: Tables['presence'];
  readonly #schedule: LeaseSchedule;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  readonly #asking = new Map<string, Promise<boolean>>();

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
      await this.#delete(userId, connectionId);
      // Where it stands unless the look was late; the next look removes it then.
      await this.#schedule.remove([leaseOf(userId, connectionId, nextLook(new Date(row.connectedAt), at))]);
    }
    this.#forget(userId);
  }

  async connections(userId: string): Promise<string[]> {
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and ended eq ${false}`;
    const rows = (await listRows(this.#table, filter)) as unknown as ConnectionRow[];
    return rows
      .toSorted((a, b) => a.connectedAt.localeCompare(b.connectedAt))
      .map(({ connectionId }) => connectionId);
  }

  async isOnline(userId: string, freshness: 'cached' | 'now'): Promise<boolean> {
    const seen = this.#seen.get(userId);
    if (freshness === 'cached' && seen && seen.until > this.#clock.now().getTime()) return seen.online;
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

  async end(leases: readonly Lease[]): Promise<void> {
    await forEach(leases, concurrency, async ({ userId, connectionId }) => {
      await this.#delete(userId, connectionId);
      this.#forget(userId);
    });
    await this.#schedule.remove(leases);
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

  async #delete(userId: string, connectionId: string): Promise<void> {
    const { partitionKey, rowKey } = keysOf(userId, connectionId);
    try {
      await guard(() => this.#table.deleteEntity(partitionKey, rowKey));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /** Many messages for one user at once cost one query. */
  async #ask(userId: string): Promise<boolean> {
    const until = this.#clock.now().getTime() + cacheMs;
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and ended eq ${false}`;
    const asking = listRows(this.#table, filter, { limit: 1, select: ['rowKey'] }).then(
      (rows) => rows.length > 0,
    );
    this.#asking.set(userId, asking);
    try {
      const online = await asking;
      // Not if somebody came or went meanwhile.
      if (this.#asking.get(userId) === asking) this.#remember(userId, { online, until });
      return online;
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
