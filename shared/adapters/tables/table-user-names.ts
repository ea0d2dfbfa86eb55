import { odata } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import type { NameEntry, UserNames } from '../../ports/user-names.ts';
import { deleteRow } from './delete-rows.ts';
import { guard } from './errors.ts';
import { encodeKey } from './keys.ts';
import { listRows, type Tables } from './tables.ts';

/** Rows written at once. */
const concurrency = 8;

/** In hex names keep their order and their beginnings, and any of their characters may be in a row key. */
const hex = (text: string): string => Buffer.from(text).toString('hex');

/** Names that begin with the same character are together: where one is looked for, no other has to be read. */
const partitionOf = (text: string): string => hex(String.fromCodePoint(text.codePointAt(0) ?? 0));

const rowKeyOf = ({ key, userId }: NameEntry): string => `${hex(key)}-${encodeKey(userId)}`;

/** Greater than any hex digit, and than the `-` behind a name, which is less: a whole name comes before longer ones. */
const end = 'g';

/** The table `UserNames`: a row for each name of each user. */
export class TableUserNames implements UserNames {
  readonly #table: Tables['userNames'];

  constructor(tables: Pick<Tables, 'userNames'>) {
    this.#table = tables.userNames;
  }

  async put(userId: string, keys: readonly string[]): Promise<void> {
    await forEach(keys, concurrency, (key) => {
      const row = { partitionKey: partitionOf(key), rowKey: rowKeyOf({ key, userId }), key, userId };
      return guard(() => this.#table.upsertEntity(row, 'Replace'));
    });
  }

  async remove(userId: string, keys: readonly string[]): Promise<void> {
    await forEach(keys, concurrency, (key) =>
      deleteRow(this.#table, partitionOf(key), rowKeyOf({ key, userId })),
    );
  }

  async find(prefix: string, limit: number, after: NameEntry | undefined): Promise<NameEntry[]> {
    if (prefix === '') return [];
    const first = hex(prefix);
    const behind = after === undefined ? first : rowKeyOf(after);
    const filter = odata`PartitionKey eq ${partitionOf(prefix)} and RowKey gt ${behind} and RowKey lt ${first + end}`;
    const rows = (await listRows(this.#table, filter, { limit })) as unknown as NameEntry[];
    return rows.map(({ key, userId }) => ({ key, userId }));
  }
}
