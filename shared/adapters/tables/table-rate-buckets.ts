import { odata } from '@azure/data-tables';
import { forEach } from '../../domain/chunks.ts';
import { fillMsOf, type Bucket, type Rate } from '../../domain/token-bucket.ts';
import type { Draw, Drawn, RateBuckets } from '../../ports/rate-buckets.ts';
import { drawFrom } from '../draw.ts';
import { RecentlyUsed } from '../recently-used.ts';
import { guard, isConflict, isStatus } from './errors.ts';
import {
  limitNoteKey,
  limitPlaceOf,
  readLimitRow,
  writeLimitRow,
  type LimitPlace,
  type LimitRow,
} from './limit-rows.ts';
import { listRows, type Tables } from './tables.ts';

/** A partition takes some 2,000 writes a second. */
const shards = 16;

/** Tries of one draw. Each try that fails is one of another instance that succeeded. */
const maxTries = 20;

/** Buckets whose rows are remembered, so that an instance that is alone with a user need not read before it writes. */
const maxKnown = 10_000;

/** A bucket goes when it has been full for as long as clocks differ. */
const marginMs = 600_000;

/** Rows looked at by one run, and calls under way at once. */
const [maxLooked, concurrency] = [5000, 32];

/** Texts, for whole numbers beyond 2^31 have no type of their own in a row. */
interface BucketRow extends LimitRow {
  tokens: string;
  /** Milliseconds since 1970. */
  at: string;
}

interface Known {
  bucket: Bucket | undefined;
  etag: string | undefined;
}

/**
 * Buckets in the table `RateLimits`: a row each, written under its ETag, so that of two instances that draw at once one
 * looks again. With a bucket's row goes a note of when to look whether it is still wanted, in one transaction: full
 * buckets are found by these, without looking through the others.
 */
export class TableRateBuckets implements RateBuckets {
  readonly #table: Tables['rateLimits'];
  readonly #known = new RecentlyUsed<Known>(maxKnown);

  constructor({ rateLimits }: Pick<Tables, 'rateLimits'>) {
    this.#table = rateLimits;
  }

  async draw(name: string, rate: Rate, wanted: Draw, now: Date): Promise<Drawn> {
    const place = limitPlaceOf(name);
    for (let tries = 0; tries < maxTries; tries++) {
      // What is remembered may be old, and then has more tokens than there are: a refusal by it is right, and what it
      // grants is not written.
      const known = this.#known.get(place.hash) ?? (await this.#read(place));
      const { tokens, seconds, after } = drawFrom(known.bucket, rate, wanted, now.getTime());
      if (!after || (await this.#write(place, known, after, after.at + fillMsOf(rate), now)))
        return { tokens, seconds };
    }
    return { tokens: 0, seconds: 1 }; // so many ask for the same at once that it is too many
  }

  async forgetFull(now: Date): Promise<number> {
    const minute = Math.floor(now.getTime() / 60_000);
    const partitionKey = (minute % shards).toString(16);
    const due = `due|${now.toISOString()}`;
    const filter = odata`PartitionKey eq ${partitionKey} and RowKey ge 'due|' and RowKey lt ${due}`;
    const notes = await listRows(this.#table, filter, { limit: maxLooked, select: ['RowKey'] });
    let forgotten = 0;
    await forEach(notes, concurrency, async ({ rowKey = '' }) => {
      const place = { partitionKey, hash: rowKey.slice(rowKey.lastIndexOf('|') + 1) };
      forgotten += Number(await this.#look(place, rowKey, now));
    });
    return forgotten;
  }

  async #read(place: LimitPlace): Promise<Known> {
    const row = await readLimitRow<BucketRow>(this.#table, place);
    return {
      bucket: row && { tokens: Number(row.tokens), at: Number(row.at) },
      etag: row?.etag,
    };
  }

  /** @returns false if another was faster */
  async #write(
    place: LimitPlace,
    known: Known,
    { tokens, at }: Bucket,
    fullAt: number,
    now: Date,
  ): Promise<boolean> {
    const texts: BucketRow = { tokens: String(tokens), at: String(at), fullAt: String(fullAt) };
    this.#known.delete(place.hash);
    const { isWritten, etag } = await writeLimitRow(this.#table, place, known.etag, texts, now);
    if (etag !== undefined) this.#known.set(place.hash, { bucket: { tokens, at }, etag });
    return isWritten;
  }

  /** @returns whether the bucket was forgotten */
  async #look(place: LimitPlace, noteKey: string, now: Date): Promise<boolean> {
    const { partitionKey } = place;
    const row = await readLimitRow<BucketRow>(this.#table, place);
    const isFull = row !== undefined && Number(row.fullAt) + marginMs < now.getTime();
    if (row && !isFull) {
      const next = { partitionKey, rowKey: limitNoteKey(place, now) };
      await guard(() => this.#table.upsertEntity(next, 'Replace'));
    }
    // The note last: what nobody notes stays for ever. A bucket that was drawn from meanwhile stays, and so does its note.
    if (isFull && !(await this.#delete(partitionKey, row.rowKey ?? '', row.etag))) return false;
    await this.#delete(partitionKey, noteKey, '*');
    return isFull;
  }

  /** @returns false if it was changed meanwhile */
  async #delete(partitionKey: string, rowKey: string, etag: string): Promise<boolean> {
    try {
      await guard(() => this.#table.deleteEntity(partitionKey, rowKey, { etag }));
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return true;
      if (isConflict(error)) return false;
      throw error;
    }
  }
}
