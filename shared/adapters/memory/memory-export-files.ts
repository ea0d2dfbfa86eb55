import type { SignedUrl } from '../../ports/attachments.ts';
import type { ExportFiles } from '../../ports/export-files.ts';

/** Files that live as long as the process: for tests and simulations. */
export class MemoryExportFiles implements ExportFiles {
  readonly #parts = new Map<string, Map<number, Uint8Array>>();
  /** Those that are whole. */
  readonly files = new Map<string, Buffer>();

  stage(jobId: string, part: number, bytes: Uint8Array): Promise<void> {
    this.#parts.set(jobId, (this.#parts.get(jobId) ?? new Map<number, Uint8Array>()).set(part, bytes));
    return Promise.resolve();
  }

  commit(jobId: string, parts: number): Promise<void> {
    const staged = this.#parts.get(jobId);
    const all = Array.from({ length: parts }, (_, n) => staged?.get(n + 1) ?? new Uint8Array());
    this.files.set(jobId, Buffer.concat(all));
    return Promise.resolve();
  }

  downloadUrl(jobId: string): Promise<SignedUrl> {
    return Promise.resolve({ url: `https://test/exports/${jobId}`, expiresAt: new Date(0) });
  }

  remove(jobId: string): Promise<void> {
    this.#parts.delete(jobId);
    this.files.delete(jobId);
    return Promise.resolve();
  }
}
