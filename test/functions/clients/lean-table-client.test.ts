import { odata, TableClient, type TransactionAction } from '@azure/data-tables';
import { createHttpHeaders, type PipelineRequest } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LeanTableClient } from '../../../functions/clients/lean-table-client.ts';
import { openTable, startAzurite, type Azurite } from '../../support/azurite.ts';

let azurite: Azurite;
let count = 0;

beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);

afterAll(() => azurite.stop());

/** A new table, by the lean client and by the SDK's. */
const aTable = async () => {
  const name = `Rows${count++}`;
  const lean = openTable(azurite)(name);
  await lean.createTable();
  const sdk = TableClient.fromConnectionString(azurite.tables, name, { allowInsecureConnection: true });
  return { lean, sdk };
};

const partitionKey = "o'neill";
const awkwardKeys = ['plain', 'member|ann=2F', "it's", 'ünïcödé 😀', 'a b+c%20&$;,', '(x),RowKey=(y)'];
/** What may be taken for the end of a line, or of a part of a transaction, by who reads carelessly. */
const awkwardTexts = [
  ...[
    'a\u2028b',
    'a\u2029b',
    'a\u0085b',
    'a\u000b\u000cb',
    'a\r\nb',
    '\u0001\u001f\u007f',
    '\u202e\ufeff\ufffe',
  ],
  ...[
    '} {"a":1}\r\n\r\n',
    'DELETE http://x/y HTTP/1.1\r\nIf-Match: *',
    'https://example.org/{',
    "')//",
    '\\u2028',
  ],
  ...['--changeset_0b5a3f52-96d1-4b0c-8f0e-7e1f6a9d2c43--', '--batch_5d1b7a0e-6c8f-4b7e-9a53-0d9f1c2e4b60--'],
];
const values = { text: 'a "quoted"\r\n--batch_line\r\n😀', whole: 2 ** 31, part: 1.5, yes: true, empty: '' };

const bare = ({
  timestamp: _,
  etag: __,
  'odata.metadata': ___,
  ...row
}: Record<string, unknown>): Record<string, unknown> => row;

const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    await call;
  } catch (error) {
    const { name, statusCode, code, details } = error as {
      name: string;
      statusCode?: number;
      code?: string;
      details?: { odataError?: { code?: string } };
    };
    return { name, statusCode, code: details?.odataError?.code ?? code };
  }
  throw new Error('It did not fail.');
};

test.each(awkwardKeys)(
  'a row under the key %j is stored, found and deleted as by the SDK',
  async (rowKey) => {
    const { lean, sdk } = await aTable();
    const { etag } = await lean.createEntity({ partitionKey, rowKey, ...values });
    const known = await sdk.getEntity(partitionKey, rowKey);
    expect(known.etag).toBe(etag);
    expect(await lean.getEntity(partitionKey, rowKey)).toEqual(known);

    await lean.upsertEntity({ partitionKey, rowKey, more: 'm' });
    expect(bare(await sdk.getEntity(partitionKey, rowKey))).toEqual({
      partitionKey,
      rowKey,
      ...values,
      more: 'm',
    });
    await lean.upsertEntity({ partitionKey, rowKey, text: 'new' }, 'Replace');
    expect(bare(await sdk.getEntity(partitionKey, rowKey))).toEqual({ partitionKey, rowKey, text: 'new' });

    await lean.deleteEntity(partitionKey, rowKey);
    expect(await failureOf(sdk.getEntity(partitionKey, rowKey))).toMatchObject({ statusCode: 404 });
  },
);

test.each(awkwardTexts)('the text %j comes back as it was, also from a transaction', async (text) => {
  const { lean, sdk } = await aTable();
  const rowKeys = ['alone', 'first', 'second'];
  await lean.upsertEntity({ partitionKey, rowKey: 'alone', text }, 'Replace');
  await lean.submitTransaction([
    ['create', { partitionKey, rowKey: 'first', text, more: text }],
    ['upsert', { partitionKey, rowKey: 'second', more: 'm', text }, 'Replace'],
  ]);
  for (const rowKey of rowKeys) {
    expect(await lean.getEntity(partitionKey, rowKey)).toMatchObject({ text });
    expect(await sdk.getEntity(partitionKey, rowKey)).toMatchObject({ text });
  }
});

test('bytes are stored and read as by the SDK', async () => {
  const { lean, sdk } = await aTable();
  const bytes = Buffer.from(Uint8Array.from({ length: 1000 }, (_, n) => n % 256)).subarray(100, 900);
  const row = { partitionKey, bytes, none: new Uint8Array(), text: 'dGV4dA==' };
  await lean.upsertEntity({ ...row, rowKey: 'lean' }, 'Replace');
  await sdk.upsertEntity({ ...row, rowKey: 'sdk' }, 'Replace');
  for (const rowKey of ['lean', 'sdk']) {
    const known = await sdk.getEntity<typeof row>(partitionKey, rowKey);
    const read = await lean.getEntity<typeof row>(partitionKey, rowKey);
    expect(Array.from(read.bytes)).toEqual(Array.from(bytes));
    expect(Array.from(known.bytes)).toEqual(Array.from(bytes));
    expect([read.none.length, known.none.length, read.text, known.text]).toEqual([0, 0, row.text, row.text]);
    const [listed] = await Array.fromAsync(
      lean.listEntities<typeof row>({ queryOptions: { filter: odata`RowKey eq ${rowKey}` } }),
    );
    expect(Array.from(listed?.bytes ?? [])).toEqual(Array.from(bytes));
  }
});

test('a row can be written back as it was read, again and again', async () => {
  const { lean } = await aTable();
  const rowKey = 'r';
  await lean.createEntity({ partitionKey, rowKey, ...values });
  for (let turn = 0; turn < 3; turn++) {
    const row = await lean.getEntity(partitionKey, rowKey);
    const again = { ...row, partitionKey, rowKey, turn };
    await lean.submitTransaction([['update', again, 'Merge', { etag: row.etag }]]);
  }
  expect(bare(await lean.getEntity(partitionKey, rowKey))).toEqual({
    partitionKey,
    rowKey,
    ...values,
    turn: 2,
  });
});

test('a transaction does all that the SDK would, and tells the new ETags in order', async () => {
  const { lean, sdk } = await aTable();
  const [first, second, third, fourth, fifth, sixth] = awkwardKeys as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const { etag } = await lean.createEntity({ partitionKey, rowKey: first, kept: 1, changed: 1 });
  await lean.createEntity({ partitionKey, rowKey: second, gone: 1 });
  await lean.createEntity({ partitionKey, rowKey: third, gone: 1 });
  const { subResponses, getResponseForEntity } = await lean.submitTransaction([
    ['update', { partitionKey, rowKey: first, changed: 2 }, 'Merge', { etag: etag ?? '' }],
    ['update', { partitionKey, rowKey: second, ...values }, 'Replace'],
    ['delete', { partitionKey, rowKey: third }],
    ['create', { partitionKey, rowKey: fourth, ...values }],
    ['upsert', { partitionKey, rowKey: fifth, ...values }, 'Replace'],
    ['upsert', { partitionKey, rowKey: sixth, ...values }],
  ]);
  const rows = new Map((await Array.fromAsync(sdk.listEntities())).map((row) => [row.rowKey, row]));
  expect(bare(rows.get(first) ?? {})).toEqual({ partitionKey, rowKey: first, kept: 1, changed: 2 });
  for (const rowKey of [second, fourth, fifth, sixth])
    expect(bare(rows.get(rowKey) ?? {})).toEqual({ partitionKey, rowKey, ...values });
  expect(rows.has(third)).toBe(false);
  expect(subResponses[0]?.etag).toBe(rows.get(first)?.etag);
  expect(getResponseForEntity(fourth)?.etag).toBe(rows.get(fourth)?.etag);
});

describe('it fails as the SDK does', () => {
  const there = { partitionKey: 'p', rowKey: 'there' };
  const stale = { etag: `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"` };
  const transactions: Record<string, TransactionAction[]> = {
    'a row that is there already': [
      ['create', { partitionKey: 'p', rowKey: 'new' }],
      ['create', there],
    ],
    'a stale ETag': [['update', { ...there, a: 1 }, 'Merge', stale]],
    'a row that is gone': [['delete', { partitionKey: 'p', rowKey: 'gone' }]],
    'a value that is too large': [['create', { ...there, rowKey: 'new', text: 'x'.repeat(40_000) }]],
  };
  test.each(Object.keys(transactions))('in a transaction with %s, of which nothing is done', async (name) => {
    const { lean, sdk } = await aTable();
    await lean.createEntity(there);
    const actions = transactions[name] ?? [];
    const expected = await failureOf(sdk.submitTransaction(actions));
    expect(await failureOf(lean.submitTransaction(actions))).toEqual(expected);
    expect(await Array.fromAsync(sdk.listEntities())).toHaveLength(1);
  });

  const calls: Record<string, (table: TableClient) => Promise<unknown>> = {
    'looking for a row that is not there': (table) => table.getEntity('p', 'gone'),
    'creating one that is': (table) => table.createEntity(there),
    'deleting one that is not': (table) => table.deleteEntity('p', 'gone'),
    'a query that is none': (table) =>
      Array.fromAsync(table.listEntities({ queryOptions: { filter: 'a eq' } })),
  };
  test.each(Object.keys(calls))('in %s', async (name) => {
    const { lean, sdk } = await aTable();
    await lean.createEntity(there);
    const call = calls[name] ?? (() => Promise.resolve());
    expect(await failureOf(call(lean))).toEqual(await failureOf(call(sdk)));
  });
});

test('a query finds what the SDK finds, page by page', async () => {
  const { lean, sdk } = await aTable();
  const rowKeys = [...awkwardKeys, 'x1', 'x2', 'x3'];
  for (const rowKey of rowKeys) await lean.createEntity({ partitionKey, rowKey, ...values });
  const all = await Array.fromAsync(sdk.listEntities());
  expect(await Array.fromAsync(lean.listEntities())).toEqual(all);

  const pages = await Array.fromAsync(lean.listEntities().byPage({ maxPageSize: 4 }));
  expect(pages.map(({ length }) => length)).toEqual([4, 4, 1]);
  expect(pages.flat()).toEqual(all);
  const [first] = pages;
  const after = lean
    .listEntities()
    .byPage({ maxPageSize: 100, continuationToken: first?.continuationToken ?? '' });
  expect((await Array.fromAsync(after)).flat()).toEqual(all.slice(4));

  const filter = odata`PartitionKey eq ${partitionKey} and RowKey gt ${"it's"}`;
  const queryOptions = { filter, select: ['rowKey', 'whole'] };
  const picked = await Array.fromAsync(lean.listEntities({ queryOptions }));
  expect(picked.length).toBeGreaterThan(2);
  expect(picked).toEqual(await Array.fromAsync(sdk.listEntities({ queryOptions })));
});

test('a value that JSON has no type for is refused before anything is sent', async () => {
  const { lean } = await aTable();
  await expect(lean.createEntity({ partitionKey, rowKey: 'r', at: new Date() })).rejects.toThrow(TypeError);
});

test('an identity shows its token, over https only, and is not asked again for each call', async () => {
  const requests: PipelineRequest[] = [];
  let asked = 0;
  const httpClient = {
    sendRequest: (request: PipelineRequest) => {
      requests.push(request);
      return Promise.resolve({ request, status: 200, headers: createHttpHeaders(), bodyAsText: '{}' });
    },
  };
  const credential = {
    getToken: () => {
      asked++;
      return Promise.resolve({ token: 'of-the-identity', expiresOnTimestamp: Date.now() + 3_600_000 });
    },
  };
  const open = (url: string) => new LeanTableClient(url, 'Rows', credential, { httpClient });
  const table = open('https://account.table.core.windows.net');
  await table.getEntity('p', 'r');
  await table.submitTransaction([['create', { partitionKey: 'p', rowKey: 'r' }]]);
  expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual(
    Array(2).fill('Bearer of-the-identity'),
  );
  expect(asked).toBe(1);
  await expect(open('http://account.table.core.windows.net').getEntity('p', 'r')).rejects.toThrow(/TLS/);
});
