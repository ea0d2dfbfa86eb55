import { createHash } from 'node:crypto';
import { odata, type TransactionAction } from '@azure/data-tables';
import { forEach, inChunks } from '../../domain/chunks.ts';
import type { Expiries, Expiry } from '../../ports/expiries.ts';
import { asUnavailable, guard, isStatus } from './errors.ts';
import { encodeKey, seqKey } from './keys.ts';
import type { Tables } from './tables.ts';

/** Rows that one entity-group transaction takes. */
const transactionSize = 100;

/** Calls under way at once. */
const concurrency = 8;

type ExpiryRow = Expiry;

/** An hour's rows are in 16 partitions, because one takes some 2,000 writes a second. */
const partitionOf = ({ at, conversationId }: Expiry): string =>
  `${at.slice(0, 13)}|${createHash('sha256').update(conversationId).digest('hex').slice(0, 1)}`;

const keysOf = (expiry: Expiry): { partitionKey: string; rowKey: string } => ({
  partitionKey: partitionOf(expiry),
  rowKey: `${expiry.at.replaceAll(':', '-')}|${encodeKey(expiry.conversationId)}|${seqKey(expiry.seq)}`,
});

/**
 * The table `Expiries`: partitions are hours, row keys begin with the time, so that one query finds what is due and
 * reads nothing else. What was looked at is deleted, so there is nothing but that before the time of the query.
 */
export class TableExpiries implements Expiries {
  readonly #table: Tables['expiries'];

  constructor({ expiries }: Pick<Tables, 'expiries'>) {
    this.#table = expiries;
  }

  async note(expiry: Expiry): Promise<void> {
    const { conversationId, seq, at } = expiry;
    await guard(() => this.#table.upsertEntity({ ...keysOf(expiry), conversationId, seq, at }, 'Replace'));
  }

  async *due(before: Date): AsyncGenerator<Expiry[]> {
    const at = before.toISOString();
    const [hour, time] = [`${at.slice(0, 13)}}`, at.replaceAll(':', '-')]; // '}' sorts behind the separator '|'
    const filter = odata`PartitionKey lt ${hour} and RowKey lt ${time}`;
    const pages = this.#table
      .listEntities<ExpiryRow>({ queryOptions: { filter } })
      .byPage({ maxPageSize: 1000 });
    try {
      for await (const page of pages)
        yield page.map(({ conversationId, seq, at: due }) => ({ conversationId, seq, at: due }));
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  async done(expiries: readonly Expiry[]): Promise<void> {
    const partitions = Map.groupBy(expiries, partitionOf);
    const pieces = [...partitions.values()].flatMap((partition) => {
      const rows = new Map(partition.map((expiry) => [keysOf(expiry).rowKey, expiry]));
      return [...inChunks([...rows.values()], transactionSize)];
    });
    await forEach(pieces, concurrency, (piece) => this.#delete(piece));
  }

  async #delete(expiries: readonly Expiry[]): Promise<void> {
    const actions = expiries.map((expiry): TransactionAction => ['delete', keysOf(expiry)]);
    try {
      await guard(() => this.#table.submitTransaction(actions));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      // Another instance was faster with one of them, which fails all.
      if (expiries.length > 1) await forEach(expiries, concurrency, (expiry) => this.#delete([expiry]));
    }
  }
}
