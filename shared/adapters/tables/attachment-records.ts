import { odata, type TransactionAction } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import type { AttachmentRecord } from '../../ports/attachments.ts';
import { guard, isStatus } from './errors.ts';
import { findRow, listRows, type Tables } from './tables.ts';

interface AttachmentRow {
  record: string;
}

/** Rows written at once. */
const concurrency = 8;

const recordKey = 'attachment';

/** In the partition of its bytes: an attachment that has them without being the first. */
const useKey = (attachmentId: string): string => `use|${attachmentId}`;

const isFirst = ({ attachmentId, bytesOf }: AttachmentRecord): boolean => attachmentId === bytesOf;

/**
 * What is known of attachments: each a row in a partition of its own. In the partition of the first that has some bytes
 * a row for each other one says that the bytes are still wanted.
 */
export class AttachmentRecords {
  readonly #table: Tables['attachments'];

  constructor(table: Tables['attachments']) {
    this.#table = table;
  }

  async add(record: AttachmentRecord): Promise<void> {
    const row = { partitionKey: record.attachmentId, rowKey: recordKey, record: JSON.stringify(record) };
    try {
      await guard(() => this.#table.createEntity(row));
    } catch (error) {
      if (!isStatus(error, 409)) throw error; // a retry: the first reservation counts
    }
  }

  async find(attachmentId: string): Promise<AttachmentRecord | undefined> {
    const row = await findRow<AttachmentRow>(this.#table, attachmentId, recordKey);
    return row && (JSON.parse(row.record) as AttachmentRecord);
  }

  /** @returns false when the source is not there any more */
  async share(source: AttachmentRecord, records: readonly AttachmentRecord[]): Promise<boolean> {
    const partitionKey = source.bytesOf;
    const rowKey = isFirst(source) ? recordKey : useKey(source.attachmentId);
    const uses = records.map(({ attachmentId }): TransactionAction => [
      'upsert',
      { partitionKey, rowKey: useKey(attachmentId) },
    ]);
    try {
      // The source's row is touched, not changed: the transaction fails if whoever removes it was faster.
      await guard(() =>
        this.#table.submitTransaction([['update', { partitionKey, rowKey }, 'Merge'], ...uses]),
      );
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw error;
    }
    await forEach(records, concurrency, (record) => this.add(record));
    return true;
  }

  /**
   * Takes an attachment away.
   * @param removeBytes called when no other has its bytes
   */
  async remove(attachmentId: string, removeBytes: (bytesOf: string) => Promise<void>): Promise<void> {
    const record = await this.find(attachmentId);
    // Without a record it may be the first of its bytes, whose removal died half way.
    const bytesOf = record?.bytesOf ?? attachmentId;
    // What says that the bytes are wanted goes before the look at the others, and a record that leads to it goes last.
    await this.#delete(bytesOf, bytesOf === attachmentId ? recordKey : useKey(attachmentId));
    const others = await listRows(this.#table, odata`PartitionKey eq ${bytesOf}`, { limit: 1 });
    if (others.length === 0) await removeBytes(bytesOf);
    if (bytesOf !== attachmentId) await this.#delete(attachmentId, recordKey);
  }

  async #delete(partitionKey: string, rowKey: string): Promise<void> {
    try {
      await guard(() => this.#table.deleteEntity(partitionKey, rowKey));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }
}
