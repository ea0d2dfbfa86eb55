import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';
import type { SignedUrl } from '../../ports/attachments.ts';
import type { ExportFiles } from '../../ports/export-files.ts';
import { guard } from '../tables/errors.ts';
import { blobNameOf } from './blob-name.ts';
import type { BlobAttachments } from './blob-attachments.ts';

/** The container that holds exports; no one may list it. */
export const exportContainer = 'exports';

/** How long a call may take, with all its tries. */
const callMs = 10_000;

/** Ids of a blob's blocks are Base64, all of one length. */
const blockId = (part: number): string => Buffer.from(String(part).padStart(9, '0')).toString('base64');

/** Exports as block blobs: what is not committed is not there for readers, and is gone by itself after a week. */
export class BlobExportFiles implements ExportFiles {
  readonly #service: BlobServiceClient;
  readonly #signer: Pick<BlobAttachments, 'signRead'>;

  constructor(service: BlobServiceClient, signer: Pick<BlobAttachments, 'signRead'>) {
    this.#service = service;
    this.#signer = signer;
  }

  /** Creates the container if it is missing. */
  async createContainer(): Promise<void> {
    const container = this.#service.getContainerClient(exportContainer);
    await guard(() => container.createIfNotExists({ abortSignal: AbortSignal.timeout(callMs) }));
  }

  async stage(jobId: string, part: number, bytes: Uint8Array): Promise<void> {
    const options = { abortSignal: AbortSignal.timeout(callMs) };
    await guard(() => this.#blob(jobId).stageBlock(blockId(part), bytes, bytes.length, options));
  }

  async commit(jobId: string, parts: number): Promise<void> {
    const ids = Array.from({ length: parts }, (_, n) => blockId(n + 1));
    await guard(() => this.#blob(jobId).commitBlockList(ids, { abortSignal: AbortSignal.timeout(callMs) }));
  }

  downloadUrl(jobId: string, fileName: string): Promise<SignedUrl> {
    return this.#signer.signRead(this.#blob(jobId), fileName, 'application/x-ndjson');
  }

  async remove(jobId: string): Promise<void> {
    await guard(() => this.#blob(jobId).deleteIfExists({ abortSignal: AbortSignal.timeout(callMs) }));
  }

  #blob(jobId: string): BlockBlobClient {
    return this.#service.getContainerClient(exportContainer).getBlockBlobClient(blobNameOf(jobId));
  }
}
