import type { TableClient } from '@azure/data-tables';
import { forEach, inChunks } from '../../domain/chunks.ts';
import { guard, isStatus } from './errors.ts';
import { listRows } from './tables.ts';

/** Rows that one entity-group transaction takes. */
export const transactionSize = 100;

/** Rows deleted at once where it must be one by one. */
const concurrency = 16;

/** Deletes a row; that it is gone already does not matter. @throws ChatError `unavailable` */
export const deleteRow = async (table: TableClient, partitionKey: string, rowKey: string): Promise<void> => {
  try {
    await guard(() => table.deleteEntity(partitionKey, rowKey));
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
};

/**
 * Deletes rows of one partition, at most 100, in one transaction; where one of them is gone already, which fails it, row by
 * row. @throws ChatError `unavailable`
 */
export const deleteTogether = async (
  table: TableClient,
  rows: readonly { partitionKey: string; rowKey: string }[],
): Promise<void> => {
  try {
    await guard(() => table.submitTransaction(rows.map((row) => ['delete', row])));
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    await forEach(rows, concurrency, ({ partitionKey, rowKey }) => deleteRow(table, partitionKey, rowKey));
  }
};

/** Deletes all rows of a query within one partition. @param filter built with the odata tag @throws ChatError `unavailable` */
export const deleteRows = async (table: TableClient, filter: string): Promise<void> => {
  const found = await listRows(table, filter, { select: ['partitionKey', 'rowKey'] });
  const rows = found.map(({ partitionKey = '', rowKey = '' }) => ({ partitionKey, rowKey }));
  for (const piece of inChunks(rows, transactionSize)) await deleteTogether(table, piece);
};
