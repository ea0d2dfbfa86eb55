import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';

/** Remembers which version of a blob a function has had, in the app's storage, as the real host does. */
export class BlobReceipts {
  readonly #container: ContainerClient;
  readonly #folder: string;
  readonly #known = new Set<string>();
  #isCreated = false;

  constructor(storage: BlobServiceClient, functionName: string) {
    this.#container = storage.getContainerClient('azure-webjobs-hosts');
    this.#folder = `blobreceipts/local/Host.Functions.${functionName}`;
  }

  /** @param path container and name */
  async has(path: string, etag: string): Promise<boolean> {
    const name = this.#nameOf(path, etag);
    if (this.#known.has(name)) return true;
    await this.#create();
    const exists = await this.#container.getBlobClient(name).exists();
    if (exists) this.#known.add(name);
    return exists;
  }

  async write(path: string, etag: string): Promise<void> {
    const name = this.#nameOf(path, etag);
    await this.#create();
    await this.#container.getBlockBlobClient(name).upload('', 0);
    this.#known.add(name);
  }

  #nameOf(path: string, etag: string): string {
    return `${this.#folder}/${etag}/${path}`;
  }

  async #create(): Promise<void> {
    if (!this.#isCreated) await this.#container.createIfNotExists();
    this.#isCreated = true;
  }
}
