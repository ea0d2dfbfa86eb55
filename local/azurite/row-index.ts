/** A row as Azurite keeps it. */
export interface Row {
  readonly PartitionKey: string;
  readonly RowKey: string;
}

/** What Azurite's store uses of the LokiJS collection that holds a table. */
export interface Collection {
  readonly data: readonly Row[];
  binaryIndices: object;
  get(id: number): Row | null;
  findOne(keys: Row): Row | null;
  insert(row: Row): unknown;
  update(row: Row): unknown;
  remove(row: Row): unknown;
}

/** The rows of one table by their keys. */
export class RowIndex {
  readonly #partitions = new Map<string, Map<string, Row>>();

  constructor(rows: Iterable<Row>) {
    for (const row of rows) this.put(row);
  }

  find({ PartitionKey, RowKey }: Row): Row | undefined {
    return this.#partitions.get(PartitionKey)?.get(RowKey);
  }

  /** The rows of a partition, in no order. */
  partition(key: string): Iterable<Row> {
    return this.#partitions.get(key)?.values() ?? [];
  }

  put(row: Row): void {
    const rows = this.#partitions.get(row.PartitionKey);
    if (rows) rows.set(row.RowKey, row);
    else this.#partitions.set(row.PartitionKey, new Map([[row.RowKey, row]]));
  }

  delete({ PartitionKey, RowKey }: Row): void {
    const rows = this.#partitions.get(PartitionKey);
    if (rows?.delete(RowKey) && rows.size === 0) this.#partitions.delete(PartitionKey);
  }
}

const indexes = new WeakMap<Collection, RowIndex>();

/**
 * The index of a collection, made when first asked for and kept as rows come and go. From then on the collection finds
 * rows by it: LokiJS looks through all rows of the same row key, and keeps two sorted lists of all rows for that.
 */
export const indexOf = (collection: Collection): RowIndex => {
  const known = indexes.get(collection);
  if (known) return known;
  const index = new RowIndex(collection.data);
  indexes.set(collection, index);
  const insert = collection.insert.bind(collection);
  const update = collection.update.bind(collection);
  const remove = collection.remove.bind(collection);
  const put = (row: Row): void => {
    // Not the row itself, should the collection keep a copy.
    const kept = collection.get((row as Row & { $loki: number }).$loki);
    if (kept !== null) index.put(kept);
  };
  collection.binaryIndices = {};
  collection.findOne = (keys) => index.find(keys) ?? null;
  collection.insert = (row) => {
    const result = insert(row);
    put(row);
    return result;
  };
  collection.update = (row) => {
    const result = update(row);
    put(row);
    return result;
  };
  collection.remove = (row) => {
    const result = remove(row);
    index.delete(row);
    return result;
  };
  return index;
};
