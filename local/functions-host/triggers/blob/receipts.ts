import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';

/**
 * Remembers which version of a blob a function has had, in the app's storage, as the real host does; in memory only of
 * blobs that the last scan has met, however many there ever were.
 */
export class BlobReceipts {
  readonly #container: ContainerClient;
  readonly #folder: string;
  #known = new Set<string>();
  /** Of the scan under way. */
  #met = new Set<string>();
  #isCreated = false;

  constructor(storage: BlobServiceClient, functionName: string) {
    this.#container = storage.getContainerClient('azure-webjobs-hosts');
    this.#folder = `blobreceipts/local/Host.Functions.${functionName}`;
  }

  /** How many are in memory. */
  get size(): number {
    return this.#known.size;
  }

  /** Forgets what was not met since the scan before. */
  endScan(): void {
    this.#known = this.#met;
    this.#met = new Set();
  }

  /** @param path container and name */
  async has(path: string, etag: string): Promise<boolean> {
    const name = this.#nameOf(path, etag);
    if (!this.#known.has(name) && !this.#met.has(name)) {
      await this.#create();
      if (!(await this.#container.getBlobClient(name).exists())) return false;
    }
    this.#met.add(name);
    return true;
  }

  async write(path: string, etag: string): Promise<void> {
    const name = this.#nameOf(path, etag);
    await this.#create();
    await this.#container.getBlockBlobClient(name).upload('', 0);
    this.#met.add(name);
  }

  #nameOf(path: string, etag: string): string {
    return `${this.#folder}/${etag}/${path}`;
  }

  async #create(): Promise<void> {
    if (!this.#isCreated) await this.#container.createIfNotExists();
    this.#isCreated = true;
  }
}
