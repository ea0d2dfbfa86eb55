import type { TableClient } from '@azure/data-tables';
import { inChunks } from '../../domain/chunks.ts';
import { guard, isStatus } from './errors.ts';
import { listRows } from './tables.ts';

/** Rows that one entity-group transaction takes. */
const transactionSize = 100;

const deleteRow = async (table: TableClient, partitionKey: string, rowKey: string): Promise<void> => {
  try {
    await guard(() => table.deleteEntity(partitionKey, rowKey));
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
};

const deleteTogether = async (table: TableClient, rows: { partitionKey: string; rowKey: string }[]) => {
  try {
    await guard(() => table.submitTransaction(rows.map((row) => ['delete', row])));
  } catch (error) {
    // One of them is gone already, which fails them all.
    if (!isStatus(error, 404)) throw error;
    for (const { partitionKey, rowKey } of rows) await deleteRow(table, partitionKey, rowKey);
  }
};

/** Deletes all rows of a query within one partition. @param filter built with the odata tag @throws ChatError `unavailable` */
export const deleteRows = async (table: TableClient, filter: string): Promise<void> => {
  const found = await listRows(table, filter, { select: ['partitionKey', 'rowKey'] });
  const rows = found.map(({ partitionKey = '', rowKey = '' }) => ({ partitionKey, rowKey }));
  for (const piece of inChunks(rows, transactionSize)) await deleteTogether(table, piece);
};
