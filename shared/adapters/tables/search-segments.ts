import { odata, type TableClient } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import type { SeqRange } from '../../ports/conversation-log.ts';
import { deleteRow } from './delete-rows.ts';
import { guard, isStatus } from './errors.ts';
import { seqKey } from './keys.ts';
import { pack, unpack, type Entry } from './search-index.ts';
import { listRows } from './tables.ts';

/** The index of a piece of a conversation. */
export interface Segment extends SeqRange {
  /** When its first message got its place. */
  at: string | undefined;
  text: string;
}

interface SegmentRow extends SeqRange {
  at: string;
  /** What its words were made by: others would be divided or folded in another way. */
  version: string;
  /** Whether it was seen that nothing had changed while it was made. */
  isSound: boolean;
}

/** A row as it is written: sound only when its writer says so later. */
export interface WrittenSegment {
  rowKey: string;
  etag: string | undefined;
}

/** Bytes that a binary property takes, and how many of them a row of 1 MiB has room for. */
const propertyBytes = 64 * 1024;
const properties = 15;

/** Calls under way at once. */
const concurrency = 16;

/** The dictionaries that divide words come with ICU. */
const version = `1/${process.versions.icu}`;

/** Newest first: the row that a place is in is the first one at or behind the key of the place. */
const keyOf = (from: number): string => seqKey(Number.MAX_SAFE_INTEGER - from);

const partsOf = (bytes: Uint8Array): Record<string, Uint8Array> => {
  const parts: Record<string, Uint8Array> = {};
  for (let n = 0; n * propertyBytes < bytes.length; n++)
    parts[`part${n}`] = bytes.subarray(n * propertyBytes, (n + 1) * propertyBytes);
  return parts;
};

const bytesOf = (row: Record<string, unknown>): Buffer => {
  const parts: Uint8Array[] = [];
  for (let n = 0; row[`part${n}`] instanceof Uint8Array; n++) parts.push(row[`part${n}`] as Uint8Array);
  return Buffer.concat(parts);
};

/** The table `SearchSegments`: a partition for each conversation, a row for each piece of it that was searched. */
export class SearchSegments {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** The index that a place is in, of those within a range. */
  async find(conversationId: string, range: SeqRange, seq: number): Promise<Segment | undefined> {
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${keyOf(seq)} and RowKey le ${keyOf(range.from)}`;
    const [row] = await listRows(this.#table, filter, { limit: 1 });
    if (!row) return undefined;
    const { from, to, at, isSound, version: madeBy } = row as unknown as SegmentRow;
    if (!isSound || to < seq || madeBy !== version) return undefined;
    return { from, to, at: at === '' ? undefined : at, text: await unpack(bytesOf(row)) };
  }

  /** Writes the index of a range, in as many rows as it needs; nobody uses them before they are declared sound. */
  async write(conversationId: string, range: SeqRange, entries: readonly Entry[]): Promise<WrittenSegment[]> {
    const { from, to } = range;
    const bytes = await pack(entries, from);
    if (bytes.length > properties * propertyBytes && from < to) {
      const middle = Math.floor((from + to) / 2);
      const [lower, upper] = [
        { from, to: middle },
        { from: middle + 1, to },
      ];
      return [
        ...(await this.write(
          conversationId,
          lower,
          entries.filter(({ seq }) => seq <= middle),
        )),
        ...(await this.write(
          conversationId,
          upper,
          entries.filter(({ seq }) => seq > middle),
        )),
      ];
    }
    const rowKey = keyOf(from);
    const row: SegmentRow = { from, to, at: entries[0]?.at ?? '', version, isSound: false };
    const { etag } = await guard(() =>
      this.#table.upsertEntity(
        { partitionKey: conversationId, rowKey, ...row, ...partsOf(bytes) },
        'Replace',
      ),
    );
    return [{ rowKey, etag }];
  }

  /** From now on they are used, unless they were deleted or written anew meanwhile. */
  async declareSound(conversationId: string, rows: readonly WrittenSegment[]): Promise<void> {
    await forEach(rows, concurrency, async ({ rowKey, etag }) => {
      if (etag === undefined) return;
      const change = { partitionKey: conversationId, rowKey, isSound: true };
      try {
        await guard(() => this.#table.updateEntity(change, 'Merge', { etag }));
      } catch (error) {
        if (!isStatus(error, 404, 412)) throw error;
      }
    });
  }

  /** Deletes what there is of a range. */
  async delete(conversationId: string, range: SeqRange): Promise<void> {
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${keyOf(range.to)} and RowKey le ${keyOf(range.from)}`;
    const rows = await listRows(this.#table, filter, { select: ['rowKey'] });
    await forEach(rows, concurrency, ({ rowKey = '' }) => deleteRow(this.#table, conversationId, rowKey));
  }
}
