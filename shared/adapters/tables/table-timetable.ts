import { createHash } from 'node:crypto';
import { odata, type TableClient } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import type { Timetable } from '../../ports/timetable.ts';
import { deleteTogether } from './delete-rows.ts';
import { asUnavailable, guard } from './errors.ts';

/** Calls under way at once. */
const concurrency = 8;

/** How things that are due at a time become rows. */
export interface Layout<T> {
  /** What its partition, one of 16 of its hour, follows from. */
  shardOf: (entry: T) => string;
  /** Tells it from others of the same time; made of characters that keys may have. */
  keyOf: (entry: T) => string;
  /** The entry without what else is in its row. */
  entryOf: (row: T) => T;
}

/**
 * Things that are due at a time: partitions are hours, row keys begin with the time, so that one query finds what is due and
 * reads nothing else. What was looked at is deleted, so there is nothing but that before the time of the query.
 */
export class TableTimetable<T extends { at: string }> implements Timetable<T> {
  readonly #table: TableClient;
  readonly #layout: Layout<T>;

  constructor(table: TableClient, layout: Layout<T>) {
    this.#table = table;
    this.#layout = layout;
  }

  async note(entry: T): Promise<void> {
    await guard(() => this.#table.upsertEntity({ ...entry, ...this.#keysOf(entry) }, 'Replace'));
  }

  async *due(before: Date): AsyncGenerator<T[]> {
    const at = before.toISOString();
    const [hour, time] = [`${at.slice(0, 13)}}`, at.replaceAll(':', '-')]; // '}' sorts behind the separator '|'
    const filter = odata`PartitionKey lt ${hour} and RowKey lt ${time}`;
    const pages = this.#table.listEntities<T>({ queryOptions: { filter } }).byPage({ maxPageSize: 1000 });
    try {
      for await (const page of pages) yield page.map((row) => this.#layout.entryOf(row as T));
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  async done(entries: readonly T[]): Promise<void> {
    const places = entries.map((entry) => this.#keysOf(entry));
    const partitions = Map.groupBy(places, ({ partitionKey }) => partitionKey);
    await forEach([...partitions.values()], concurrency, (partition) => {
      const rows = new Map(partition.map((place) => [place.rowKey, place])); // none twice: a transaction would fail
      return deleteTogether(this.#table, [...rows.values()]);
    });
  }

  /** An hour's rows are in 16 partitions, because one takes some 2,000 writes a second. */
  #keysOf(entry: T): { partitionKey: string; rowKey: string } {
    const { shardOf, keyOf } = this.#layout;
    const shard = createHash('sha256').update(shardOf(entry)).digest('hex').slice(0, 1);
    return {
      partitionKey: `${entry.at.slice(0, 13)}|${shard}`,
      rowKey: `${entry.at.replaceAll(':', '-')}|${keyOf(entry)}`,
    };
  }
}
