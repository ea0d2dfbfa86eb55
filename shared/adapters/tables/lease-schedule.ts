import { createHash } from 'node:crypto';
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { forEach, inChunks } from '../../domain/chunks.ts';
import { minuteOf, type Lease } from '../../domain/presence.ts';
import { asUnavailable, guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';

/** Rows that one entity-group transaction takes. */
const transactionSize = 100;

/** Transactions under way at once. */
const concurrency = 8;

interface LeaseRow {
  userId: string;
  connectionId: string;
  isEndMark: boolean;
  isMissing: boolean;
}

/** No user's partition begins like this: `|` is in no encoded key. */
const prefix = 'due|';

const minute = (at: Date): string => at.toISOString().slice(0, 16);

/**
 * A minute's leases are in 16 partitions: all clients may come back in the same minute, and one partition takes some
 * 2,000 writes a second.
 */
const partitionOf = ({ dueAt, connectionId }: Lease): string =>
  `${prefix}${minute(dueAt)}|${createHash('sha256').update(connectionId).digest('hex').slice(0, 1)}`;

const keysOf = (lease: Lease): { partitionKey: string; rowKey: string } => ({
  partitionKey: partitionOf(lease),
  rowKey: encodeKey(lease.connectionId),
});

const putOf = (lease: Lease): TransactionAction => {
  const { userId, connectionId, isEndMark, isMissing } = lease;
  return ['upsert', { ...keysOf(lease), userId, connectionId, isEndMark, isMissing }, 'Replace'];
};

const removeOf = (lease: Lease): TransactionAction => ['delete', keysOf(lease)];

/** In pieces that one transaction takes: of one partition, no row twice. */
const together = (leases: readonly Lease[]): Lease[][] => {
  const partitions = Map.groupBy(leases, partitionOf);
  return [...partitions.values()].flatMap((partition) => {
    const rows = [...new Map(partition.map((lease) => [lease.connectionId, lease])).values()];
    return [...inChunks(rows, transactionSize)];
  });
};

/**
 * When to look after which connection: rows whose partition is the minute in which that is due, so that what is due is
 * found without reading what is not.
 */
export class LeaseSchedule {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  put(leases: readonly Lease[]): Promise<void> {
    return forEach(together(leases), concurrency, async (piece) => {
      await guard(() => this.#write(piece.map(putOf)));
    });
  }

  /** What is not there any more does not matter. */
  remove(leases: readonly Lease[]): Promise<void> {
    return forEach(together(leases), concurrency, async (piece) => {
      try {
        await guard(() => this.#write(piece.map(removeOf)));
      } catch (error) {
        if (!isStatus(error, 404)) throw error;
        // Another instance was faster with one of them, which fails all.
        if (piece.length > 1) for (const lease of piece) await this.remove([lease]);
      }
    });
  }

  /** One by itself, as a connection's own begin and end bring it, costs half of a transaction. */
  async #write(actions: TransactionAction[]): Promise<void> {
    const [only, ...more] = actions;
    if (only === undefined || more.length > 0) await this.#table.submitTransaction(actions);
    else if (only[0] === 'delete') await this.#table.deleteEntity(only[1].partitionKey, only[1].rowKey);
    else await this.#table.upsertEntity(only[1], 'Replace');
  }

  /** Pages of at most 1,000. */
  async *expired(now: Date): AsyncGenerator<Lease[]> {
    const filter = odata`PartitionKey ge ${prefix} and PartitionKey lt ${prefix + minute(minuteOf(now, 1))}`;
    const pages = this.#table
      .listEntities<LeaseRow>({ queryOptions: { filter } })
      .byPage({ maxPageSize: 1000 });
    try {
      for await (const page of pages)
        yield page.map(({ partitionKey = '', userId, connectionId, isEndMark, isMissing }) => {
          const dueAt = new Date(`${partitionKey.slice(prefix.length, prefix.length + 16)}Z`);
          return { userId, connectionId, dueAt, isEndMark, isMissing };
        });
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}
