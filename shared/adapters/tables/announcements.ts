import { odata } from '@azure/data-tables';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import { deleteRows } from './delete-rows.ts';
import { guard } from './errors.ts';
import { encodeKey } from './keys.ts';
import { listRows, type Tables } from './tables.ts';

/** So often an instance that has callers asks what was announced. */
const askMs = 2000;
/** So long callers wait for the answer; without one what is known serves on. */
const waitMs = 1000;
/** What an announcement stands before is written by then: calls to storage have an end. */
const settleMs = 15_000;
/** Asked for again each time: clocks differ, and rows come late. */
const overlapMs = 60_000;
/** After this nobody asks for an announcement any more. */
const keepMs = 60 * 60_000;

/** No encoded name is that: in the table `Users` it is a partition of its own. */
const partitionKey = 'announced';

const rowKeyAt = (ms: number): string => new Date(ms).toISOString();

/**
 * Tells all instances that something about a user changes, in one partition in the order of time. An instance asks for
 * what is new in it every two seconds, whoever and how many its callers are, and not at all while it has none.
 */
export class Announcements {
  readonly #table: Tables['users'];
  readonly #clock: Clock;
  readonly #onUser: (userId: string) => void;
  /** Announcements that were seen, and until when their users are not settled. In the order of that. */
  readonly #seen = new Map<string, { userId: string; until: number }>();
  #askedAt = -Infinity;
  #asking: Promise<unknown> = Promise.resolve();
  #since: number;

  /** @param onUser is told of each user once for each announcement */
  constructor(users: Tables['users'], clock: Clock, onUser: (userId: string) => void) {
    this.#table = users;
    this.#clock = clock;
    this.#onUser = onUser;
    this.#since = clock.now().getTime();
  }

  /** Resolves when what was announced two seconds ago has been told; or cannot be known just now. */
  async catchUp(): Promise<void> {
    const now = this.#clock.now().getTime();
    // Also when the clock was set back.
    if (Math.abs(now - this.#askedAt) >= askMs) {
      this.#askedAt = now;
      this.#asking = Promise.race([
        this.#ask(now).catch(() => undefined),
        sleep(waitMs, undefined, { ref: false }),
      ]);
    }
    await this.#asking;
  }

  /** Whether what was announced of a user has certainly been written by now. */
  isSettled(userId: string): boolean {
    const now = this.#clock.now().getTime();
    for (const { userId: announced, until } of this.#seen.values())
      if (announced === userId && until > now) return false;
    return true;
  }

  /** @throws ChatError `unavailable` */
  async announce(userId: string): Promise<void> {
    const now = this.#clock.now().getTime();
    const rowKey = `${rowKeyAt(now)}|${encodeKey(userId)}`;
    await guard(() => this.#table.upsertEntity({ partitionKey, rowKey, userId }, 'Replace'));
    this.#note(rowKey, userId, now);
    // Whoever announces takes away what is old; what fails of it the next one takes.
    const old = odata`PartitionKey eq ${partitionKey} and RowKey lt ${rowKeyAt(now - keepMs)}`;
    await deleteRows(this.#table, old).catch(() => undefined);
  }

  async #ask(now: number): Promise<void> {
    const from = rowKeyAt(this.#since - overlapMs);
    const rows = await listRows(this.#table, odata`PartitionKey eq ${partitionKey} and RowKey ge ${from}`);
    for (const { rowKey, userId } of rows as unknown as { rowKey: string; userId: string }[])
      this.#note(rowKey, userId, now);
    this.#since = now;
    for (const [rowKey, { until }] of this.#seen) {
      if (until + 2 * overlapMs > now) break;
      this.#seen.delete(rowKey);
    }
  }

  #note(rowKey: string, userId: string, now: number): void {
    if (this.#seen.has(rowKey)) return;
    this.#seen.set(rowKey, { userId, until: now + settleMs });
    this.#onUser(userId);
  }
}
