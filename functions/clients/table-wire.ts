import type {
  TableEntity,
  TableEntityQueryOptions,
  TableEntityResult,
  TransactionAction,
} from '@azure/data-tables';

/**
 * What Table Storage is told and answers: JSON of OData, and multipart of one changeset for an entity-group transaction,
 * as the SDK writes it.
 * https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */

/** A request about one row. */
export interface RowRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the account's URL. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** What a transaction answers about one of its requests. */
export interface RowAnswer {
  status: number;
  etag?: string;
}

/** Why storage refused something. */
export interface Refusal {
  status: number;
  /** Storage's own name for it. */
  code: string | undefined;
  message: string;
}

const answerFormat = { Accept: 'application/json;odata=minimalmetadata', DataServiceVersion: '3.0' };
const bodyFormat = { 'Content-Type': 'application/json', ...answerFormat };

/** Not escaped by `encodeURIComponent`, a quote ends a key in a path; two stand for one. */
const quoted = (key: string): string => `'${encodeURIComponent(key.replaceAll("'", "''"))}'`;

const pathOf = (table: string, partitionKey: string, rowKey: string): string =>
  `${table}(PartitionKey=${quoted(partitionKey)},RowKey=${quoted(rowKey)})`;

/** What storage adds to a row: no properties of it, though whoever read it may write them back. */
const isAdded = (name: string): boolean =>
  name === 'etag' || name === 'timestamp' || name.startsWith('odata.');

/** Where the type of a value stands that JSON has none for. */
const typeSuffix = '@odata.type';
const binary = 'Edm.Binary';

/**
 * JSON may have these two within a text as they are. Whoever takes a body apart line by line may think otherwise: Azurite
 * does, and would refuse the transaction whenever it is tried again.
 */
const withoutLineEnds = (json: string): string =>
  json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** @throws TypeError for what would need a type of its own beside it: nothing that the app stores */
const bodyOf = ({ partitionKey, rowKey, ...properties }: TableEntity<object>): string => {
  const row: Record<string, unknown> = { PartitionKey: partitionKey, RowKey: rowKey };
  for (const [name, value] of Object.entries<unknown>(properties)) {
    if (isAdded(name)) continue;
    if (value instanceof Uint8Array) {
      row[`${name}${typeSuffix}`] = binary;
      row[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
      continue;
    }
    if ((typeof value === 'object' && value !== null) || typeof value === 'bigint')
      throw new TypeError('A row has texts, numbers, truth values and bytes only.');
    row[name] = value;
  }
  return withoutLineEnds(JSON.stringify(row));
};

export const getting = (table: string, partitionKey: string, rowKey: string): RowRequest => ({
  method: 'GET',
  path: pathOf(table, partitionKey, rowKey),
  headers: answerFormat,
});

export const creating = (table: string, row: TableEntity<object>): RowRequest => ({
  method: 'POST',
  path: table,
  headers: { ...bodyFormat, Prefer: 'return-no-content' },
  body: bodyOf(row),
});

/** @param etag undefined: whether it is there or not */
export const putting = (
  table: string,
  row: TableEntity<object>,
  mode: 'Merge' | 'Replace',
  etag: string | undefined,
): RowRequest => ({
  method: mode === 'Merge' ? 'PATCH' : 'PUT',
  path: pathOf(table, row.partitionKey, row.rowKey),
  headers: etag === undefined ? bodyFormat : { ...bodyFormat, 'If-Match': etag },
  body: bodyOf(row),
});

export const deleting = (table: string, partitionKey: string, rowKey: string, etag = '*'): RowRequest => ({
  method: 'DELETE',
  path: pathOf(table, partitionKey, rowKey),
  headers: { ...answerFormat, 'If-Match': etag },
});

export const requestOf = (table: string, action: TransactionAction): RowRequest => {
  const [kind, row] = action;
  switch (kind) {
    case 'create':
      return creating(table, row);
    case 'delete':
      return deleting(table, row.partitionKey, row.rowKey);
    case 'update':
      return putting(table, row, action[2] ?? 'Merge', action[3]?.etag ?? '*');
    case 'upsert':
      return putting(table, row, action[2] ?? 'Merge', undefined);
  }
};

const endOfLine = '\r\n';

/** These can be the same for all: they begin a line, and JSON has line ends only as escapes. */
const batch = 'batch_5d1b7a0e-6c8f-4b7e-9a53-0d9f1c2e4b60';
const changeset = 'changeset_0b5a3f52-96d1-4b0c-8f0e-7e1f6a9d2c43';

export const transactionHeaders: Readonly<Record<string, string>> = {
  Accept: 'application/json',
  DataServiceVersion: '3.0;',
  MaxDataServiceVersion: '3.0;NetFx',
  'Content-Type': `multipart/mixed; boundary=${batch}`,
};

/** @param url of the account, with a slash at its end */
export const transactionBody = (url: string, requests: readonly RowRequest[]): string => {
  const lines = [`--${batch}`, `content-type: multipart/mixed; boundary=${changeset}`, '', ''];
  for (const { method, path, headers, body } of requests) {
    lines.push(`--${changeset}`, 'content-type: application/http', 'content-transfer-encoding: binary', '');
    lines.push(`${method} ${url}${path} HTTP/1.1`);
    for (const name in headers) lines.push(`${name}: ${headers[name] ?? ''}`);
    lines.push('', '', ...(body === undefined ? [] : [body]));
  }
  lines.push(`--${changeset}--`, `--${batch}--`, '');
  return lines.join(endOfLine);
};

/** Storage's own words, where an answer has them. */
export const refusalOf = (status: number, answer: string): Refusal => {
  const json = /\{.*\}/.exec(answer)?.[0];
  try {
    const { 'odata.error': error } = JSON.parse(json ?? '{}') as {
      'odata.error'?: { code?: string; message?: { value?: string } };
    };
    return { status, code: error?.code, message: error?.message?.value ?? `Storage answered ${status}.` };
  } catch {
    return { status, code: undefined, message: `Storage answered ${status}.` };
  }
};

/** What became of a transaction's requests, in their order; of one that was refused, why. */
export const transactionAnswers = (answer: string): RowAnswer[] | Refusal => {
  const answers: RowAnswer[] = [];
  for (const part of answer.split('--changesetresponse_').slice(1, -1)) {
    const status = Number(/HTTP\/1\.1 (\d{3})/.exec(part)?.[1]);
    if (!(status < 400)) return refusalOf(status, part);
    const etag = /ETag: (.*)/i.exec(part)?.[1];
    answers.push({ status, ...(etag !== undefined && { etag }) });
  }
  return answers;
};

/** Names that storage and the SDK have for the same. */
const names: Readonly<Record<string, string>> = {
  PartitionKey: 'partitionKey',
  RowKey: 'rowKey',
  Timestamp: 'timestamp',
  'odata.etag': 'etag',
};
const storedName = new Map(Object.entries(names).map(([stored, name]) => [name, stored]));

/** A row as the SDK tells it; but for bytes, types beside the values are left out: JSON has types for all else. */
export const rowOf = <T extends object>(answered: object): TableEntityResult<T> => {
  const row: Record<string, unknown> = {};
  const types = answered as Record<string, unknown>;
  for (const [name, value] of Object.entries(answered)) {
    if (name.endsWith(typeSuffix)) continue;
    const isBinary = types[`${name}${typeSuffix}`] === binary;
    row[names[name] ?? name] = isBinary ? Buffer.from(String(value), 'base64') : value;
  }
  return row as TableEntityResult<T>;
};

const nextKeys = ['NextPartitionKey', 'NextRowKey'] as const;

/** Where the next page begins, as part of a query; undefined behind the last. */
export const continuationOf = (headers: {
  get: (name: string) => string | undefined;
}): string | undefined => {
  const parts = nextKeys.flatMap((name) => {
    const key = headers.get(`x-ms-continuation-${name}`);
    return key ? [`${name}=${encodeURIComponent(key)}`] : [];
  });
  return parts.length === 0 ? undefined : parts.join('&');
};

/** @param filter built with the odata tag */
export const listing = (
  table: string,
  { filter, select }: TableEntityQueryOptions,
  top: number | undefined,
  continuation: string | undefined,
): RowRequest => {
  const storedNames = select?.map((name) => storedName.get(name) ?? name).join(',');
  const query = [
    ...(top === undefined ? [] : [`$top=${top}`]),
    ...(storedNames === undefined ? [] : [`$select=${encodeURIComponent(storedNames)}`]),
    ...(filter === undefined ? [] : [`$filter=${encodeURIComponent(filter)}`]),
    ...(continuation === undefined ? [] : [continuation]),
  ].join('&');
  return { method: 'GET', path: `${table}()${query === '' ? '' : `?${query}`}`, headers: answerFormat };
};
