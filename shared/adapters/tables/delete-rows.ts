import type { TableClient, TableEntity } from '@azure/data-tables';
import { forEach, inChunks } from '../../domain/chunks.ts';
import { guard, isStatus } from './errors.ts';
import { listRows } from './tables.ts';

/** Rows that one entity-group transaction takes. */
const transactionSize = 100;

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

/** Deletes in one transaction; where one of the rows is gone already, which fails it, row by row. */
const deletePiece = async (table: TableClient, rows: readonly TableEntity[]): Promise<void> => {
  try {
    await guard(() => table.submitTransaction(rows.map((row) => ['delete', row])));
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    await forEach(rows, concurrency, ({ partitionKey, rowKey }) => deleteRow(table, partitionKey, rowKey));
  }
};

/**
 * Deletes rows of one partition, no two the same, as many at once as a transaction takes; that some are gone already does
 * not matter. @throws ChatError `unavailable`
 */
export const deleteTogether = async (table: TableClient, rows: readonly TableEntity[]): Promise<void> => {
  for (const piece of inChunks(rows, transactionSize)) await deletePiece(table, piece);
};

/** Deletes all rows of a query within one partition. @param filter built with the odata tag @throws ChatError `unavailable` */
export const deleteRows = async (table: TableClient, filter: string): Promise<void> => {
  const found = await listRows(table, filter, { select: ['partitionKey', 'rowKey'] });
  const rows = found.map(({ partitionKey = '', rowKey = '' }) => ({ partitionKey, rowKey }));
  await deleteTogether(table, rows);
};
