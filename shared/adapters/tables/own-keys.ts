import type { TableClient, TransactionAction } from '@azure/data-tables';
import { PermanentFailure } from '../../domain/errors.ts';
import { isOwnKey } from './keys.ts';

interface Keys {
  partitionKey: string;
  rowKey: string;
}

const keysOf = (row: unknown): unknown[] => [(row as Keys).partitionKey, (row as Keys).rowKey];

/** The keys that a call to a table names, by its arguments. */
const keysIn: Record<string, (call: unknown[]) => unknown[]> = {
  getEntity: ([partitionKey, rowKey]) => [partitionKey, rowKey],
  deleteEntity: ([partitionKey, rowKey]) => [partitionKey, rowKey],
  createEntity: ([row]) => keysOf(row),
  upsertEntity: ([row]) => keysOf(row),
  updateEntity: ([row]) => keysOf(row),
  submitTransaction: ([actions]) => (actions as TransactionAction[]).flatMap(([, row]) => keysOf(row)),
};

/** @throws PermanentFailure which does not repeat the key: it may be anything that somebody sent */
const requireOwn = (table: string, keys: readonly unknown[]): void => {
  if (!keys.every((key) => typeof key === 'string' && isOwnKey(key)))
    throw new PermanentFailure(`A key for a row of ${table} was not made by us.`);
};

/**
 * The same table, which takes rows, and looks for rows, under keys of our making only. Ids are encoded or checked where
 * keys are made; an id for which this was forgotten fails here, whoever chose it.
 */
export const withOwnKeys = (table: TableClient): TableClient => {
  for (const [name, keys] of Object.entries(keysIn)) {
    const send = Reflect.get(table, name) as (...call: unknown[]) => unknown;
    const guarded = (...call: unknown[]): unknown => {
      requireOwn(table.tableName, keys(call));
      return send.apply(table, call);
    };
    Reflect.set(table, name, guarded);
  }
  return table;
};
