import type { BlobServiceClient } from '@azure/storage-blob';
import type { FileScan } from '../../ports/file-scan.ts';
import { guard, isStatus } from '../tables/errors.ts';
import { attachmentContainer } from './blob-attachments.ts';
import { blobNameOf } from './blob-name.ts';

/** Where Microsoft Defender for Storage puts what it has found; "No threats found" or "Malicious". */
const scanTag = 'Malware Scanning scan result';

const callMs = 10_000;

/** Reads the index tag that Defender for Storage sets on a blob. What an upload URL gives is no right to set tags. */
export class DefenderScan implements FileScan {
  readonly #service: BlobServiceClient;

  constructor(service: BlobServiceClient) {
    this.#service = service;
  }

  async verdict(bytesOf: string): Promise<'clean' | 'malicious' | 'pending'> {
    const blob = this.#service.getContainerClient(attachmentContainer).getBlobClient(blobNameOf(bytesOf));
    try {
      const { tags } = await guard(() => blob.getTags({ abortSignal: AbortSignal.timeout(callMs) }));
      if (tags[scanTag] === 'Malicious') return 'malicious';
      return tags[scanTag] === 'No threats found' ? 'clean' : 'pending';
    } catch (error) {
      if (isStatus(error, 404)) return 'pending';
      throw error;
    }
  }
}

/** Where nobody scans, everything counts as clean. */
export const noScan: FileScan = { verdict: () => Promise.resolve('clean') };
