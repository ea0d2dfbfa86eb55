import { odata, type TransactionAction } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import { tombstoneOf, type LoggedMessage } from '../../domain/message.ts';
import type { ConversationHeads, KnownHead } from './conversation-heads.ts';
import {
  changedMessageRow,
  headKey,
  keptKey,
  lastRow,
  messageKey,
  messageOf,
  reactionsPrefix,
  versionKey,
  type HeadRow,
  type StoredMessage,
} from './conversation-rows.ts';
import { deleteRows } from './delete-rows.ts';
import { guard, isConflict, isStatus, maxTries, tooContended } from './errors.ts';
import { findRow, type Tables } from './tables.ts';

/** Calls under way at once. */
const concurrency = 16;

/** A message that is to go, as it is to be, and the rows that still have something of it. */
interface Doomed {
  stored: StoredMessage;
  message: LoggedMessage;
  isKept: boolean;
}

/**
 * Takes messages' content out of a conversation's partition. What makes it impossible to bring back goes first and moves the
 * head's ETag, so that no change that is under way can rest on it; then what nobody can reach any more.
 */
export class MessagePurge {
  readonly #table: Tables['conversations'];
  readonly #heads: ConversationHeads;

  constructor({ conversations }: Pick<Tables, 'conversations'>, heads: ConversationHeads) {
    this.#table = conversations;
    this.#heads = heads;
  }

  async purge(
    conversationId: string,
    seqs: readonly number[],
    isOver: (message: LoggedMessage) => boolean,
  ): Promise<LoggedMessage[]> {
    for (let tries = 0; tries < maxTries; tries++) {
      const head = await this.#heads.read(conversationId);
      const doomed = head ? await this.#doomed(conversationId, seqs, isOver) : [];
      try {
        if (head) await this.#write(conversationId, head, doomed);
        await forEach(doomed, concurrency, (one) => this.#clear(conversationId, one));
        return doomed.map(({ message }) => message);
      } catch (error) {
        this.#heads.forget(conversationId); // after any failure it is unknown what was written
        if (!isConflict(error) && !isStatus(error, 404)) throw error; // 404: it was restored, or another came first
      }
    }
    throw tooContended();
  }

  async #doomed(
    conversationId: string,
    seqs: readonly number[],
    isOver: (message: LoggedMessage) => boolean,
  ): Promise<Doomed[]> {
    const doomed: Doomed[] = [];
    await forEach(seqs, concurrency, async (seq) => {
      const [stored, kept] = await Promise.all([
        findRow<StoredMessage>(this.#table, conversationId, messageKey(seq)),
        findRow(this.#table, conversationId, keptKey(seq)),
      ]);
      const message = stored && messageOf(conversationId, stored);
      if (!stored || !message || !isOver(message)) return;
      const deletedAt = message.deletedAt ?? message.expiresAt ?? message.createdAt;
      doomed.push({ stored, message: tombstoneOf(message, deletedAt), isKept: kept !== undefined });
    });
    return doomed;
  }

  async #write(conversationId: string, { row, etag }: KnownHead, doomed: readonly Doomed[]): Promise<void> {
    const actions = doomed.flatMap(({ stored, message, isKept }): TransactionAction[] => [
      ...(stored.deletedAt === undefined
        ? [['update', tombstoneRow(stored, message), 'Replace'] satisfies TransactionAction]
        : []),
      ...(isKept
        ? [
            [
              'delete',
              { partitionKey: conversationId, rowKey: keptKey(message.seq) },
            ] satisfies TransactionAction,
          ]
        : []),
    ]);
    if (actions.length === 0) return;
    const newest = doomed.find(({ message }) => message.seq === row.headSeq);
    const moved: HeadRow = { ...row, ...(newest && { last: lastRow(newest.message) }) };
    const head = { partitionKey: conversationId, rowKey: headKey, ...moved };
    const response = await guard(() =>
      this.#table.submitTransaction([['update', head, 'Merge', { etag }], ...actions]),
    );
    this.#heads.set(conversationId, moved, response.subResponses[0]?.etag);
  }

  /** Reactions and earlier versions, which nobody is shown of a tombstone. */
  async #clear(conversationId: string, { stored }: Doomed): Promise<void> {
    const { seq, reactions = 0, versions = 0 } = stored;
    if (reactions > 0)
      await this.#deleteBetween(conversationId, reactionsPrefix(seq), `${reactionsPrefix(seq)}}`);
    if (versions > 0)
      await this.#deleteBetween(conversationId, versionKey(seq, 0), versionKey(seq, Number.MAX_SAFE_INTEGER));
  }

  async #deleteBetween(conversationId: string, from: string, to: string): Promise<void> {
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${from} and RowKey lt ${to}`;
    await deleteRows(this.#table, filter);
  }
}

/** It keeps how many rows there were to clear, for whoever goes on after this one died. */
const tombstoneRow = (stored: StoredMessage, message: LoggedMessage) => ({
  ...changedMessageRow(stored, { message, kept: null, reactions: [], versions: stored.versions ?? 0 }),
});
