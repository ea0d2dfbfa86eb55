import { createHash } from 'node:crypto';
import type { TableTransactionResponse, TransactionAction } from '@azure/data-tables';
import { guard, isConflict, isStatus } from './errors.ts';
import { findRow, type Tables } from './tables.ts';

/** A row is looked at again so long after it was noted. */
const lookAfterMs = 3_600_000;

/** Where the row of a name is: one of 16 partitions, for one takes some 2,000 writes a second. */
export interface LimitPlace {
  partitionKey: string;
  hash: string;
}

/** What every row of the table has, besides its own. */
export interface LimitRow {
  /** Milliseconds since 1970, as a text; from some time after it on the row says nothing, and goes. */
  fullAt: string;
}

/** Names are hashed: any text makes a key, and no address or user name is kept in the clear. */
export const limitPlaceOf = (name: string): LimitPlace => {
  const hash = createHash('sha256').update(name, 'utf16le').digest('hex');
  return { partitionKey: hash.charAt(0), hash };
};

export const limitRowKey = ({ hash }: LimitPlace): string => `bucket|${hash}`;

/** The note that has a row be looked at, an hour from now. */
export const limitNoteKey = ({ hash }: LimitPlace, now: Date): string =>
  `due|${new Date(now.getTime() + lookAfterMs).toISOString()}|${hash}`;

const etagOf = ({ subResponses }: TableTransactionResponse): string | undefined => subResponses[0]?.etag;

/** A row of the table `RateLimits`. @throws ChatError `unavailable` */
export const readLimitRow = <T extends LimitRow>(table: Tables['rateLimits'], place: LimitPlace) =>
  findRow<T>(table, place.partitionKey, limitRowKey(place));

/**
 * Writes a row of the table `RateLimits`, under the ETag that it was read with; a new one together with the note by which
 * it is found when it is to go, in one transaction.
 * @returns whether it was written, with its ETag if that is known; not when another was faster
 * @throws ChatError `unavailable`
 */
export const writeLimitRow = async (
  table: Tables['rateLimits'],
  place: LimitPlace,
  etag: string | undefined,
  texts: LimitRow,
  now: Date,
): Promise<{ isWritten: boolean; etag?: string | undefined }> => {
  const { partitionKey } = place;
  const row = { partitionKey, rowKey: limitRowKey(place), ...texts };
  const note = { partitionKey, rowKey: limitNoteKey(place, now) };
  const actions: TransactionAction[] =
    etag === undefined
      ? [
          ['create', row],
          ['upsert', note, 'Replace'],
        ]
      : [['update', row, 'Replace', { etag }]];
  try {
    return { isWritten: true, etag: etagOf(await guard(() => table.submitTransaction(actions))) };
  } catch (error) {
    if (isConflict(error) || isStatus(error, 404)) return { isWritten: false };
    throw error;
  }
};
