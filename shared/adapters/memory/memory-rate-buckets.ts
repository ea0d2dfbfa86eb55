import { fillMsOf, type Bucket, type Rate } from '../../domain/token-bucket.ts';
import type { Draw, Drawn, RateBuckets } from '../../ports/rate-buckets.ts';
import { drawFrom } from '../draw.ts';

/** Shared buckets in the memory of one process, for tests. */
export class MemoryRateBuckets implements RateBuckets {
  readonly #buckets = new Map<string, { bucket: Bucket; fullAt: number }>();

  draw(name: string, rate: Rate, wanted: Draw, now: Date): Promise<Drawn> {
    const known = this.#buckets.get(name)?.bucket;
    const { tokens, seconds, after } = drawFrom(known, rate, wanted, now.getTime());
    if (after) this.#buckets.set(name, { bucket: after, fullAt: after.at + fillMsOf(rate) });
    return Promise.resolve({ tokens, seconds });
  }

  forgetFull(now: Date): Promise<number> {
    let forgotten = 0;
    for (const [name, { fullAt }] of this.#buckets)
      if (fullAt < now.getTime()) forgotten += Number(this.#buckets.delete(name));
    return Promise.resolve(forgotten);
  }
}
