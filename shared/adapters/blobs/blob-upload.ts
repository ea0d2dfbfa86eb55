import { createHash } from 'node:crypto';
import type { BlobClient } from '@azure/storage-blob';
import { ChatError } from '../../domain/errors.ts';
import type { Upload } from '../../ports/attachments.ts';
import { guard, isStatus } from '../tables/errors.ts';

/** How long the first bytes may take; and a whole file, of which Azure lets a request read for 230 seconds. */
const [startMs, wholeMs] = [10_000, 180_000];

/** A read that broke off goes on where it was. */
const maxRetryRequests = 5;

/** The bytes of a blob as they were when it was looked at: if others have taken their place, reading them fails. */
export class BlobUpload implements Upload {
  readonly size: number;
  readonly #blob: BlobClient;
  readonly #etag: string | undefined;

  constructor(blob: BlobClient, size: number, etag: string | undefined) {
    this.#blob = blob;
    this.size = size;
    this.#etag = etag;
  }

  async start(bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    // Of an empty blob no range can be read.
    if (this.size > 0) await this.#read(Math.min(bytes, this.size), startMs, (part) => parts.push(part));
    return Buffer.concat(parts);
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    await this.#read(undefined, wholeMs, (part) => hash.update(part));
    return hash.digest('hex');
  }

  async #read(bytes: number | undefined, withinMs: number, take: (part: Buffer) => void): Promise<void> {
    try {
      await guard(() => this.#stream(bytes, withinMs, take));
    } catch (error) {
      if (!isStatus(error, 404, 412)) throw error;
      throw new ChatError('unavailable', 'The file was taken away meanwhile.', { cause: error });
    }
  }

  async #stream(bytes: number | undefined, withinMs: number, take: (part: Buffer) => void): Promise<void> {
    const { readableStreamBody = [] } = await this.#blob.download(0, bytes, {
      ...(this.#etag !== undefined && { conditions: { ifMatch: this.#etag } }),
      abortSignal: AbortSignal.timeout(withinMs),
      maxRetryRequests,
    });
    for await (const part of readableStreamBody) take(part as Buffer);
  }
}
