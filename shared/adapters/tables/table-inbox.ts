import { odata, type TableEntity } from '@azure/data-tables';
import { forEach, inChunks } from '../../domain/chunks.ts';
import type { LoggedMessage } from '../../domain/message.ts';
import { rejectionKeyOf, type Rejection } from '../../domain/rejection.ts';
import type { Inbox, InboxItem } from '../../ports/inbox.ts';
import { deleteTogether } from './delete-rows.ts';
import { guard } from './errors.ts';
import { encodeKey, seqKey } from './keys.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** Bytes that one entity-group transaction takes are 4 MiB; a row of ours has at most some 150 KiB with its properties in UTF-16. */
const transactionRows = 25;

/** Deletes and look-ups under way at once. */
const concurrency = 32;

interface MessageRow {
  conversationId: string;
  /** The message without its text, which is a property of its own because it may fill one. */
  message: string;
  text?: string;
  headRev?: number;
}

interface RejectionRow {
  conversationId: string;
  rejected: string;
}

type InboxRow = MessageRow | RejectionRow;

/** A time as it begins row keys. */
const keyTime = (time: string): string => time.replaceAll(':', '-');

/**
 * Row key: append time with `:` as `-`, conversation, seq (of a refusal: time of acceptance, and its id). No two messages collide, a conversation's rows are in order,
 * and the same message has the same key whenever it is kept.
 */
const rowKeyOf = ({ createdAt, conversationId, seq }: LoggedMessage): string =>
  `${keyTime(createdAt)}|${conversationId}|${seqKey(seq)}`;

const isInboxId = (id: string): boolean => /^[\dTZ.-]{20,40}\|[\w-]{1,64}\|(?:\d{16}|r-[\w-]{24})$/.test(id);

const itemOf = (rowKey: string, row: InboxRow): InboxItem =>
  'rejected' in row
    ? { inboxId: rowKey, rejected: JSON.parse(row.rejected) as Rejection }
    : {
        inboxId: rowKey,
        message: { ...(JSON.parse(row.message) as LoggedMessage), messageText: row.text ?? null },
        headRev: row.headRev ?? 0,
      };

const rowOf = (partitionKey: string, message: LoggedMessage, headRev: number): TableEntity => {
  const { messageText, ...rest } = message;
  const row: MessageRow = {
    conversationId: message.conversationId,
    message: JSON.stringify(rest),
    headRev,
    ...(messageText !== null && { text: messageText }),
  };
  return { partitionKey, rowKey: rowKeyOf(message), ...row };
};

/** The table `ChatMessages`: one partition per receiver. */
export class TableInbox implements Inbox {
  readonly #table: Tables['inbox'];

  constructor(tables: Pick<Tables, 'inbox'>) {
    this.#table = tables.inbox;
  }

  async keep(userId: string, messages: readonly LoggedMessage[], headRev = 0): Promise<void> {
    const partitionKey = encodeKey(userId);
    const [first, ...more] = messages.map((message) => rowOf(partitionKey, message, headRev));
    if (first && more.length === 0) {
      // The usual case, for half the price of a transaction.
      await guard(() => this.#table.upsertEntity(first, 'Replace'));
      return;
    }
    for (const rows of inChunks(first ? [first, ...more] : [], transactionRows))
      await guard(() => this.#table.submitTransaction(rows.map((row) => ['upsert', row, 'Replace'])));
  }

  async keepRejection(userId: string, rejected: Rejection, acceptedAt: string): Promise<string> {
    const rowKey = `${keyTime(acceptedAt)}|${rejectionKeyOf(rejected)}`;
    const row: RejectionRow = {
      conversationId: rejected.conversationId,
      rejected: JSON.stringify(rejected),
    };
    await guard(() =>
      this.#table.upsertEntity({ partitionKey: encodeKey(userId), rowKey, ...row }, 'Replace'),
    );
    return rowKey;
  }

  async list(userId: string, limit: number, after: string | undefined): Promise<InboxItem[]> {
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and RowKey gt ${after ?? ''}`;
    const rows = await listRows(this.#table, filter, { limit });
    return rows.map((row) => itemOf(row.rowKey ?? '', row as unknown as InboxRow));
  }

  async find(userId: string, inboxIds: readonly string[]): Promise<InboxItem[]> {
    const found: InboxItem[] = [];
    await forEach(inboxIds.filter(isInboxId), concurrency, async (inboxId) => {
      const row = await findRow<InboxRow>(this.#table, encodeKey(userId), inboxId);
      if (row) found.push(itemOf(inboxId, row));
    });
    return found;
  }

  async remove(userId: string, inboxIds: readonly string[]): Promise<void> {
    const partitionKey = encodeKey(userId);
    const ids = inboxIds.filter(isInboxId);
    await deleteTogether(
      this.#table,
      ids.map((rowKey) => ({ partitionKey, rowKey })),
    );
  }

  async forget(userId: string, messages: readonly LoggedMessage[]): Promise<void> {
    const keys = new Set(messages.map(rowKeyOf));
    const [first, last] = [[...keys].sort()[0], [...keys].sort().at(-1)];
    if (first === undefined || last === undefined) return;
    const filter = odata`PartitionKey eq ${encodeKey(userId)} and RowKey ge ${first} and RowKey le ${last}`;
    const rows = await listRows(this.#table, filter, { select: ['rowKey'] });
    const kept = rows.map(({ rowKey = '' }) => rowKey).filter((rowKey) => keys.has(rowKey));
    await this.remove(userId, kept);
  }
}
