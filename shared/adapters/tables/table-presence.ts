import { odata } from '@azure/data-tables';
import type { Clock } from '../../ports/clock.ts';
import type { Presence } from '../../ports/presence.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { listRows, type Tables } from './tables.ts';

/** How old an answer from the cache may be. */
const cacheMs = 1500;
const cacheCapacity = 50_000;

interface Seen {
  online: boolean;
  until: number;
}

/**
 * The table `Presence`: one partition per user, one row per connection. Events may come late, twice or in the wrong
 * order: a connection's end leaves a mark behind, so that its own beginning, coming later, does not bring it back.
 */
export class TablePresence implements Presence {
  readonly #table: Tables['presence'];
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(tables: Pick<Tables, 'presence'>, clock: Clock) {
    this.#table = tables.presence;
    this.#clock = clock;
  }

  async connected(userId: string, connectionId: string, at: Date): Promise<void> {
    const row = { partitionKey: encodeKey(userId), rowKey: encodeKey(connectionId) };
    try {
      await guard(() =>
        this.#table.createEntity({
          ...row,
          userId,
          connectionId,
          connectedAt: at.toISOString(),
          ended: false,
        }),
      );
    } catch (error) {
      if (!isStatus(error, 409)) throw error; // known already, or ended before it began
    }
    this.#seen.delete(userId);
  }

  async disconnected(userId: string, connectionId: string, at: Date): Promise<void> {
    const row = { partitionKey: encodeKey(userId), rowKey: encodeKey(connectionId) };
    await guard(() =>
      this.#table.upsertEntity(
        { ...row, userId, connectionId, endedAt: at.toISOString(), ended: true },
        'Merge',
      ),
    );
    this.#seen.delete(userId);
  }

  async isOnline(userId: string, freshness: 'cached' | 'now'): Promise<boolean> {
    const now = this.#clock.now().getTime();
    const seen = this.#seen.get(userId);
    if (freshness === 'cached' && seen && seen.until > now) return seen.online;
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and ended eq ${false}`;
    const rows = await listRows(this.#table, filter, { limit: 1, select: ['rowKey'] });
    this.#remember(userId, { online: rows.length > 0, until: now + cacheMs });
    return rows.length > 0;
  }

  #remember(userId: string, seen: Seen): void {
    if (this.#seen.size >= cacheCapacity) this.#seen.clear();
    this.#seen.set(userId, seen);
  }
}
