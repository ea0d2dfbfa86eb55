import { odata, type TransactionAction } from '@azure/data-tables';
import type { AttachmentRecord } from '../../domain/attachment.ts';
import { forEach } from '../../domain/chunks.ts';
import { attachmentIdOf } from '../../domain/identifiers.ts';
import { deleteRow } from './delete-rows.ts';
import { guard, isConflict, isStatus, maxTries, tooContended } from './errors.ts';
import { findRow, listRows, type Tables } from './tables.ts';

interface AttachmentRow {
  record: string;
}

/** Rows written at once. */
const concurrency = 8;

const recordKey = 'attachment';

/** In the partition of its bytes: an attachment that has them without being the first. */
const useKey = (attachmentId: string): string => `use|${attachmentId}`;

/** In the partition of the attachment that a message would have by its id: which one was bound to it. */
const boundKey = 'bound';

const isFirst = ({ attachmentId, bytesOf }: AttachmentRecord): boolean => attachmentId === bytesOf;

/**
 * What is known of attachments: each a row in a partition of its own. In the partition of the first that has some bytes
 * a row for each other one says that the bytes are still wanted. One that was reserved before its message is found by the
 * message through a row of its own.
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

  /**
   * Changes what is known, given what is known; called again when another writer came first.
   * @param change null: it stays as it is
   * @returns the attachment as it now is; undefined: there is none
   */
  async change(
    attachmentId: string,
    change: (record: AttachmentRecord) => AttachmentRecord | null,
  ): Promise<AttachmentRecord | undefined> {
    const keys = { partitionKey: attachmentId, rowKey: recordKey };
    for (let tries = 0; tries < maxTries; tries++) {
      const row = await findRow<AttachmentRow>(this.#table, attachmentId, recordKey);
      if (!row) return undefined;
      const record = JSON.parse(row.record) as AttachmentRecord;
      const changed = change(record);
      if (!changed) return record;
      const update = { ...keys, record: JSON.stringify(changed) };
      try {
        await guard(() => this.#table.submitTransaction([['update', update, 'Merge', { etag: row.etag }]]));
        return changed;
      } catch (error) {
        if (!isConflict(error) && !isStatus(error, 404)) throw error;
      }
    }
    throw tooContended('The attachment');
  }

  /** Lets a message lead to its attachment, whose id does not follow from it. */
  async noteBound({ attachmentId, messageId }: { attachmentId: string; messageId: string }): Promise<void> {
    const partitionKey = attachmentIdOf(messageId);
    if (partitionKey === attachmentId) return;
    await guard(() => this.#table.upsertEntity({ partitionKey, rowKey: boundKey, attachmentId }));
  }

  /** The attachments that a message may lead to. */
  async ofMessage(messageId: string): Promise<string[]> {
    const usual = attachmentIdOf(messageId);
    const row = await findRow<{ attachmentId: string }>(this.#table, usual, boundKey);
    return [...(row ? [row.attachmentId] : []), usual];
  }

  /** What led from a message to its attachment. */
  forgetBound(messageId: string): Promise<void> {
    return deleteRow(this.#table, attachmentIdOf(messageId), boundKey);
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
    await deleteRow(this.#table, bytesOf, bytesOf === attachmentId ? recordKey : useKey(attachmentId));
    const others = await listRows(this.#table, odata`PartitionKey eq ${bytesOf}`, { limit: 1 });
    if (others.length === 0) await removeBytes(bytesOf);
    if (bytesOf !== attachmentId) await deleteRow(this.#table, attachmentId, recordKey);
  }
}
