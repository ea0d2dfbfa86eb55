import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { connectionString, resolveSettings } from '../../config/settings.ts';
import { HostStartError, messageOf } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { Listener } from '../../lifecycle.ts';
import { toTriggerMetadata } from '../../rpc-data.ts';
import type { TriggerContext } from '../context.ts';
import { type BlobPath, parseBlobPath } from './blob-path.ts';
import { BlobReceipts } from './receipts.ts';

/** The real host looks after up to a minute; on one machine nobody wants to wait. */
const scanEveryMs = 500;

/** Where the real host puts a queue message; here it is a blob in a container of that name. */
const poisonContainer = 'webjobs-blobtrigger-poison';

interface FoundBlob {
  name: string;
  etag: string;
  parameters: Record<string, string>;
}

interface Storage {
  service: BlobServiceClient;
  container: ContainerClient;
  receipts: BlobReceipts;
}

/**
 * Calls a function for each new or changed blob of a container, found by looking. A call that fails is tried again, up
 * to `maxDequeueCount` times; then the blob counts as poison.
 */
export class BlobListener implements Listener {
  readonly #context: TriggerContext;
  readonly #path: BlobPath;
  readonly #connection: string;
  readonly #failures = new Map<string, number>();
  readonly #stopped = new AbortController();
  #storage: Storage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  /** What has been warned of at the last scan, and at this one: what goes on is not told at each. */
  #told: ReadonlySet<string> = new Set();
  #toldNow = new Set<string>();

  /** @throws HostStartError when the binding is not valid, or wants Event Grid */
  constructor(context: TriggerContext) {
    this.#context = context;
    const { path, connection, source } = context.fn.trigger.binding;
    if (source === 'EventGrid') {
      throw new HostStartError('blob triggers by Event Grid ("source": "EventGrid") are not supported.');
    }
    if (typeof path !== 'string') throw new HostStartError('a blob trigger needs a path.');
    this.#path = parseBlobPath(resolveSettings(path, context.settings));
    const name = typeof connection === 'string' ? connection : undefined;
    this.#connection = connectionString(name, 'AzureWebJobsStorage', context.settings);
  }

  start(): void {
    this.#scanning = this.#scan();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#scanning;
  }

  async #scan(): Promise<void> {
    try {
      const storage = (this.#storage ??= await this.#open());
      const work = new Set<Promise<void>>();
      for await (const blob of this.#newBlobs(storage)) {
        if (this.#stopped.signal.aborted) break;
        const call = this.#process(storage, blob).finally(() => work.delete(call));
        work.add(call);
        if (work.size >= this.#context.config.maxBlobsAtOnce) await Promise.race(work);
      }
      await Promise.all(work);
      if (!this.#stopped.signal.aborted) storage.receipts.endScan();
    } catch (error) {
      this.#warnOnce(`The container "${this.#path.container}" cannot be read`, error);
    }
    this.#told = this.#toldNow;
    this.#toldNow = new Set();
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#scanning = this.#scan();
    }, scanEveryMs);
  }

  async #open(): Promise<Storage> {
    // Imported only by apps that have such triggers: it is the largest module of this host.
    const { BlobServiceClient } = await import('@azure/storage-blob');
    const service = BlobServiceClient.fromConnectionString(this.#connection);
    return {
      service,
      container: service.getContainerClient(this.#path.container),
      receipts: new BlobReceipts(service, this.#context.fn.name),
    };
  }

  async *#newBlobs({ container, receipts }: Storage): AsyncGenerator<FoundBlob> {
    try {
      for await (const { name, properties } of container.listBlobsFlat({ prefix: this.#path.prefix })) {
        const parameters = this.#path.match(name);
        const { etag } = properties;
        if (parameters === undefined || (await receipts.has(this.#pathOf(name), etag))) continue;
        yield { name, etag, parameters };
      }
    } catch (error) {
      if (!isMissing(error)) throw error; // a container that is not there yet has no blobs
    }
  }

  #pathOf(name: string): string {
    return `${this.#path.container}/${name}`;
  }

  /** Never rejects: what could not be done is done at a later scan. */
  async #process(storage: Storage, blob: FoundBlob): Promise<void> {
    const key = `${blob.name}|${blob.etag}`;
    try {
      const call = await this.#read(storage, blob);
      if (!(await this.#succeeds(call))) {
        const failures = (this.#failures.get(key) ?? 0) + 1;
        this.#failures.set(key, failures);
        if (failures < this.#context.config.blobMaxDequeueCount) return; // the next scan finds it again
        await this.#poison(storage, blob, failures);
      }
      this.#failures.delete(key);
      await storage.receipts.write(this.#pathOf(blob.name), blob.etag);
    } catch (error) {
      if (isMissing(error)) this.#failures.delete(key);
      else this.#warnOnce(`"${this.#pathOf(blob.name)}"`, error);
    }
  }

  async #succeeds(call: Invocation): Promise<boolean> {
    try {
      await this.#context.invoker.invoke(this.#context.fn, call);
      return true;
    } catch {
      return false; // logged by the invoker
    }
  }

  async #read({ container }: Storage, { name, parameters }: FoundBlob): Promise<Invocation> {
    const { trigger } = this.#context.fn;
    const blob = container.getBlobClient(name);
    const [bytes, properties] = await Promise.all([blob.downloadToBuffer(), blob.getProperties()]);
    const { etag, contentLength, contentType, lastModified, createdOn, blobType } = properties;
    return {
      inputData: [
        {
          name: trigger.name,
          data: trigger.binding.dataType === 'string' ? { string: bytes.toString('utf8') } : { bytes },
        },
      ],
      triggerMetadata: toTriggerMetadata({
        BlobTrigger: this.#pathOf(name),
        Uri: blob.url,
        Properties: {
          ETag: etag,
          ContentLength: contentLength,
          ContentType: contentType,
          LastModified: lastModified,
          CreatedOn: createdOn,
          BlobType: blobType,
        },
        Metadata: properties.metadata ?? {},
        ...parameters,
      }),
      reason: `New blob detected(LogsAndContainerScan): ${this.#pathOf(name)}`,
    };
  }

  async #poison({ service }: Storage, { name, etag }: FoundBlob, failures: number): Promise<void> {
    const { fn, log } = this.#context;
    const category = `Host.Triggers.Blob.${fn.name}`;
    const where = `${poisonContainer}/Host.Functions.${fn.name}/${etag}/${this.#pathOf(name)}`;
    log.write(
      'error',
      category,
      `"${this.#pathOf(name)}" failed ${failures} times and is left alone: see ${where}`,
    );
    const text = JSON.stringify({
      Type: 'BlobTrigger',
      FunctionId: `Host.Functions.${fn.name}`,
      BlobType: 'BlockBlob',
      ContainerName: this.#path.container,
      BlobName: name,
      ETag: etag,
    });
    const container = service.getContainerClient(poisonContainer);
    await container.createIfNotExists();
    const blob = container.getBlockBlobClient(where.slice(poisonContainer.length + 1));
    await blob.upload(text, Buffer.byteLength(text));
  }

  #warnOnce(what: string, error: unknown): void {
    const { fn, log } = this.#context;
    // Azure's messages hold the id of the request; the code is the same each time.
    const trouble = `${what}: ${(error as { code?: string }).code ?? messageOf(error)}`;
    this.#toldNow.add(trouble);
    if (this.#told.has(trouble)) return;
    log.write('warning', `Host.Triggers.Blob.${fn.name}`, `${what}: ${messageOf(error)}`);
  }
}

function isMissing(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}
