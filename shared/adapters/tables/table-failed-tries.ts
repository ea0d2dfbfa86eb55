import { forgottenAfterMs, lately } from '../../domain/back-off.ts';
import type { FailedTries, Tries } from '../../ports/failed-tries.ts';
import { deleteRow } from './delete-rows.ts';
import { limitPlaceOf, limitRowKey, readLimitRow, writeLimitRow, type LimitRow } from './limit-rows.ts';
import type { Tables } from './tables.ts';

/** Texts, for whole numbers beyond 2^31 have no type of their own in a row. */
interface TriesRow extends LimitRow {
  count: string;
  at: string;
}

/** Names of buckets begin with what they limit; nothing is limited that is called this. */
const placeOf = (key: string) => limitPlaceOf(`wrong|${key}`);

/**
 * What was tried in vain, in the table `RateLimits`: a row each, written under its ETag. It goes as buckets do that have
 * long been full.
 */
export class TableFailedTries implements FailedTries {
  readonly #table: Tables['rateLimits'];

  constructor({ rateLimits }: Pick<Tables, 'rateLimits'>) {
    this.#table = rateLimits;
  }

  async find(key: string, now: Date): Promise<Tries> {
    const row = await readLimitRow<TriesRow>(this.#table, placeOf(key));
    const failures = row ? { count: Number(row.count), at: Number(row.at) } : { count: 0, at: 0 };
    return { ...lately(failures, now.getTime()), version: row?.etag };
  }

  async add(key: string, { count, version }: Tries, now: Date): Promise<boolean> {
    const at = now.getTime();
    const fullAt = String(at + forgottenAfterMs);
    const texts = { count: String(count + 1), at: String(at), fullAt };
    const { isWritten } = await writeLimitRow(this.#table, placeOf(key), version, texts, now);
    return isWritten;
  }

  async forget(key: string): Promise<void> {
    const place = placeOf(key);
    await deleteRow(this.#table, place.partitionKey, limitRowKey(place));
  }
}
