import type { ContainerClient } from '@azure/storage-blob';

/** When a timer last fired and is to fire next, as it is told to the function and remembered across restarts. */
export interface ScheduleStatus {
  Last: string;
  Next: string;
  LastUpdated: string;
}

/** The container in which the real host keeps its own state. */
const containerName = 'azure-webjobs-hosts';

/** Remembers timers' occurrences in the app's storage account (`StorageScheduleMonitor.cs`). */
export class ScheduleMonitor {
  readonly #connection: string;
  readonly #blobName: string;
  #container: Promise<ContainerClient> | undefined;

  constructor(connection: string, functionName: string) {
    this.#connection = connection;
    this.#blobName = `timers/local/Host.Functions.${functionName}/status`;
  }

  /** @returns undefined when the timer was never seen */
  async read(): Promise<ScheduleStatus | undefined> {
    const blob = (await this.#open()).getBlobClient(this.#blobName);
    try {
      return JSON.parse((await blob.downloadToBuffer()).toString('utf8')) as ScheduleStatus;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }

  async write(status: ScheduleStatus): Promise<void> {
    const text = JSON.stringify(status);
    const blob = (await this.#open()).getBlockBlobClient(this.#blobName);
    await blob.upload(text, Buffer.byteLength(text));
  }

  #open(): Promise<ContainerClient> {
    return (this.#container ??= this.#create().catch((error: unknown) => {
      this.#container = undefined; // try again next time
      throw error;
    }));
  }

  async #create(): Promise<ContainerClient> {
    // Imported only by apps that have timers: it is the largest module of this host.
    const { BlobServiceClient } = await import('@azure/storage-blob');
    const container = BlobServiceClient.fromConnectionString(this.#connection).getContainerClient(
      containerName,
    );
    await container.createIfNotExists();
    return container;
  }
}
