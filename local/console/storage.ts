import { TableClient, TableServiceClient, type TableServiceClientOptions } from '@azure/data-tables';
import { BlobServiceClient, RestError } from '@azure/storage-blob';
import { maskNamed, maskSecrets } from '../inspection/mask.ts';
import { ConsoleError } from './errors.ts';

/** Storage that was made to fail fails for the app and not for who made it so. */
const userAgentOptions = { userAgentPrefix: 'local-console' };

const pageSize = 100;
const maxBlobBytes = 65_536;

/** Tables and blobs, to be looked at, through Azure's own SDKs. */
export class Storage {
  readonly #connectionString: string;
  readonly #blobs: BlobServiceClient;

  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    this.#blobs = BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions: { maxTries: 1 },
      userAgentOptions,
    });
  }

  async tables(): Promise<string[]> {
    const service = TableServiceClient.fromConnectionString(this.#connectionString, this.#options);
    const names: string[] = [];
    for await (const { name = '' } of service.listTables()) names.push(name);
    return names;
  }

  /**
   * A page of a table's rows, with an OData filter where one is given. Properties whose names say that they are secret
   * are masked.
   *
   * @throws ConsoleError with what storage says is wrong
   */
  async rows(table: string, filter: string, continuation: string | undefined): Promise<object> {
    const client = TableClient.fromConnectionString(this.#connectionString, table, this.#options);
    const queryOptions = filter === '' ? {} : { filter };
    const pages = client.listEntities({ queryOptions }).byPage({
      maxPageSize: pageSize,
      ...(continuation === undefined ? {} : { continuationToken: continuation }),
    });
    const page = await told(first(pages));
    const items = (page ?? []).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(name, value)])),
    );
    return { items, continuation: page?.continuationToken };
  }

  async containers(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.#blobs.listContainers()) names.push(name);
    return names;
  }

  /** A page of a container's blobs. @throws ConsoleError with what storage says is wrong */
  async blobs(container: string, continuation: string | undefined): Promise<object> {
    const pages = this.#blobs
      .getContainerClient(container)
      .listBlobsFlat()
      .byPage({
        maxPageSize: pageSize,
        ...(continuation === undefined ? {} : { continuationToken: continuation }),
      });
    const page = await told(first(pages));
    if (page === undefined) return { items: [] };
    const items = page.segment.blobItems.map(({ name, properties }) => {
      const { contentLength: size, contentType, lastModified } = properties;
      return { name, size, contentType, changedAt: lastModified.toISOString() };
    });
    return { items, continuation: page.continuationToken };
  }

  /** The first 64 KB of a blob as text. @throws ConsoleError with what storage says is wrong */
  async blob(container: string, name: string): Promise<{ text: string }> {
    const blob = this.#blobs.getContainerClient(container).getBlobClient(name);
    const { contentLength: size = 0 } = await told(blob.getProperties());
    if (size === 0) return { text: '' };
    const bytes = await told(blob.downloadToBuffer(0, Math.min(size, maxBlobBytes)));
    return { text: maskSecrets(bytes.toString()) };
  }

  get #options(): TableServiceClientOptions {
    return { allowInsecureConnection: true, retryOptions: { maxRetries: 0 }, userAgentOptions };
  }
}

async function first<T>(pages: AsyncIterable<T>): Promise<T | undefined> {
  for await (const page of pages) return page;
  return undefined;
}

function shown(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return maskNamed(name, value);
}

/** What storage refuses is for the person to know. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RestError) && (error as Error).name !== 'RestError') throw error;
    const { statusCode = 503, message } = error as RestError;
    throw new ConsoleError(statusCode, maskSecrets(message));
  }
}
