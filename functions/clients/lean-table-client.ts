import { createHmac, createSecretKey } from 'node:crypto';
import {
  AzureNamedKeyCredential,
  TableClient,
  type CreateTableEntityResponse,
  type DeleteTableEntityOptions,
  type GetTableEntityOptions,
  type ListTableEntitiesOptions,
  type TableEntity,
  type TableEntityQueryOptions,
  type TableEntityResult,
  type TableEntityResultPage,
  type TableServiceClientOptions,
  type TableTransactionResponse,
  type TransactionAction,
  type UpdateMode,
} from '@azure/data-tables';
import {
  createHttpHeaders,
  createPipelineRequest,
  RestError,
  type HttpClient,
  type Pipeline,
  type PipelinePolicy,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import {
  creating,
  continuationOf,
  deleting,
  getting,
  listing,
  putting,
  refusalOf,
  requestOf,
  rowOf,
  transactionAnswers,
  transactionBody,
  transactionHeaders,
  type Refusal,
  type RowRequest,
} from './table-wire.ts';

const serviceVersion = '2019-02-02';

/** Steps of the SDK's pipeline that do nothing for these requests but cost half of its time. */
const unneeded = [
  ...['serializationPolicy', 'deserializationPolicy', 'formDataPolicy', 'multipartPolicy'],
  ...['decompressResponsePolicy', 'redirectPolicy', 'logPolicy', 'userAgentPolicy'],
];

/** As the SDK signs, but with a key that is decoded once. */
const signing = ({ name, key }: AzureNamedKeyCredential): PipelinePolicy => {
  const secret = createSecretKey(key, 'base64');
  return {
    name: 'tablesNamedKeyCredentialPolicy',
    sendRequest: (request, next) => {
      const date = new Date().toUTCString();
      const text = `${date}\n/${name}${new URL(request.url).pathname}`;
      request.headers.set('x-ms-date', date);
      request.headers.set(
        'authorization',
        `SharedKeyLite ${name}:${createHmac('sha256', secret).update(text).digest('base64')}`,
      );
      return next(request);
    },
  };
};

const leanPipeline = (full: Pipeline, credential: AzureNamedKeyCredential | TokenCredential): Pipeline => {
  const pipeline = full.clone();
  for (const name of unneeded) pipeline.removePolicy({ name });
  if (credential instanceof AzureNamedKeyCredential) {
    pipeline.removePolicy({ name: 'tablesNamedKeyCredentialPolicy' });
    pipeline.addPolicy(signing(credential));
  }
  return pipeline;
};

const refused = ({ status, code, message }: Refusal, response: PipelineResponse): RestError =>
  new RestError(message, {
    ...(code !== undefined && { code }),
    statusCode: status,
    request: response.request,
    response,
  });

const etagOf = ({ headers }: PipelineResponse): { etag?: string } => {
  const etag = headers.get('etag');
  return etag === undefined ? {} : { etag };
};

type OperationOptions = NonNullable<Parameters<TableClient['createTable']>[0]>;

interface PageSettings {
  maxPageSize?: number;
  continuationToken?: string;
}

/**
 * The SDK's client of one table with a short way for the calls that every message needs: for each of them the SDK builds
 * a description of the request, and for a transaction a client and pipelines of its own, three to five times the CPU of
 * the request itself. Options, and all other calls, take the SDK's way. Credentials, retries and time limits are those
 * of the SDK's own pipeline, and so are the errors: `RestError` with `statusCode` and storage's `code`.
 */
export class LeanTableClient extends TableClient {
  readonly #http: HttpClient;
  readonly #lean: Pipeline;
  readonly #base: string;

  constructor(
    url: string,
    name: string,
    credential: AzureNamedKeyCredential | TokenCredential,
    options: TableServiceClientOptions & { httpClient: HttpClient },
  ) {
    // The SDK tells its credentials apart by overloads.
    if (credential instanceof AzureNamedKeyCredential) super(url, name, credential, options);
    else super(url, name, credential, options);
    this.#http = options.httpClient;
    this.#lean = leanPipeline(this.pipeline, credential);
    this.#base = url.endsWith('/') ? url : `${url}/`;
  }

  override async getEntity<T extends object = Record<string, unknown>>(
    partitionKey: string,
    rowKey: string,
    options?: GetTableEntityOptions,
  ): Promise<TableEntityResult<T>> {
    if (options) return super.getEntity<T>(partitionKey, rowKey, options);
    const { bodyAsText } = await this.#send(getting(this.tableName, partitionKey, rowKey));
    return rowOf<T>(JSON.parse(bodyAsText ?? '') as object);
  }

  override listEntities<T extends object = Record<string, unknown>>(
    options: ListTableEntitiesOptions = {},
  ): ReturnType<typeof TableClient.prototype.listEntities<T>> {
    const { queryOptions = {}, ...more } = options;
    if (Object.keys(more).length > 0) return super.listEntities<T>(options);
    const pages = (settings: PageSettings = {}) => this.#pages<T>(queryOptions, settings);
    const rows = (async function* () {
      for await (const page of pages()) yield* page;
    })();
    const iterator: ReturnType<typeof TableClient.prototype.listEntities<T>> = {
      next: () => rows.next(),
      [Symbol.asyncIterator]: () => iterator,
      byPage: pages,
    };
    return iterator;
  }

  override async createEntity<T extends object>(
    entity: TableEntity<T>,
    options?: OperationOptions,
  ): Promise<CreateTableEntityResponse> {
    if (options) return super.createEntity(entity, options);
    return etagOf(await this.#send(creating(this.tableName, entity)));
  }

  override async upsertEntity<T extends object>(
    entity: TableEntity<T>,
    mode: UpdateMode = 'Merge',
    options?: OperationOptions,
  ): Promise<{ etag?: string }> {
    if (options) return super.upsertEntity(entity, mode, options);
    return etagOf(await this.#send(putting(this.tableName, entity, mode, undefined)));
  }

  override async deleteEntity(
    partitionKey: string,
    rowKey: string,
    options?: DeleteTableEntityOptions,
  ): Promise<object> {
    if (options) return super.deleteEntity(partitionKey, rowKey, options);
    await this.#send(deleting(this.tableName, partitionKey, rowKey));
    return {};
  }

  override async submitTransaction(
    actions: TransactionAction[],
    options?: OperationOptions,
  ): Promise<TableTransactionResponse> {
    if (options) return super.submitTransaction(actions, options);
    const requests = actions.map((action) => requestOf(this.tableName, action));
    const response = await this.#send({
      method: 'POST',
      path: '$batch',
      headers: transactionHeaders,
      body: transactionBody(this.#base, requests),
    });
    const answers = transactionAnswers(response.bodyAsText ?? '');
    if ('code' in answers) throw refused(answers, response);
    return {
      status: response.status,
      subResponses: answers,
      getResponseForEntity: (rowKey) => answers[actions.findIndex(([, row]) => row.rowKey === rowKey)],
    };
  }

  async *#pages<T extends object>(
    queryOptions: TableEntityQueryOptions,
    { maxPageSize, continuationToken }: PageSettings,
  ): AsyncGenerator<TableEntityResultPage<T>> {
    let next = continuationToken;
    do {
      const response = await this.#send(listing(this.tableName, queryOptions, maxPageSize, next));
      next = continuationOf(response.headers);
      const { value } = JSON.parse(response.bodyAsText ?? '') as { value: object[] };
      const page: TableEntityResultPage<T> = value.map((row) => rowOf<T>(row));
      if (next !== undefined) page.continuationToken = next;
      yield page;
    } while (next !== undefined);
  }

  /** @throws RestError for an answer that is not 2xx, and for none */
  async #send({ method, path, headers, body }: RowRequest): Promise<PipelineResponse> {
    const request = createPipelineRequest({
      url: this.#base + path,
      method,
      headers: createHttpHeaders({ ...headers, 'x-ms-version': serviceVersion }),
      ...(body !== undefined && { body }),
      allowInsecureConnection: true, // the app's settings have chosen the address
    });
    const response = await this.#lean.sendRequest(this.#http, request);
    if (response.status < 200 || response.status >= 300)
      throw refused(refusalOf(response.status, response.bodyAsText ?? ''), response);
    return response;
  }
}
