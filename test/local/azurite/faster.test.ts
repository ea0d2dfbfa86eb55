import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TableClient, type TableEntity, type TransactionAction } from '@azure/data-tables';
import { expect, onTestFinished, test } from 'vitest';
import { startAzurite } from '../../support/azurite.ts';

const startupMs = 60_000;
const account =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;' +
  'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;';

const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'azurite-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
};

/** Our Azurite, in a process of its own; the test ends it, and so may the caller. */
const startOurs = async (
  cwd: string,
  ...args: string[]
): Promise<{ tables: string; stop: () => Promise<void> }> => {
  const child = fork(resolve('local/azurite/main.ts'), [...args, '--blob-port', '0', '--table-port', '0'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  onTestFinished(stop);
  const [{ tablePort }] = (await once(child, 'message')) as [{ tablePort: number }];
  return { tables: `${account}TableEndpoint=http://127.0.0.1:${tablePort}/devstoreaccount1;`, stop };
};

const clientOf = (connectionString: string): TableClient =>
  TableClient.fromConnectionString(connectionString, 'Things', { allowInsecureConnection: true });

/** Keys that are alike in one way or another. */
const keys = ['1', '01', '1.0', 'a', 'A', 'ä', "o'neil", 'true', '', 'msg|0001', 'msg|0002', 'msg}'];
const filters = [
  (p: string) => `PartitionKey eq '${p}'`,
  (p: string, r: string) => `PartitionKey eq '${p}' and RowKey ge '${r}' and RowKey lt 'msg}'`,
  (p: string, r: string) => `(RowKey gt '${r}' and n ge 3) and PartitionKey eq '${p}'`,
  (p: string, r: string) => `PartitionKey eq '${p}' and RowKey eq '${r}'`,
  (p: string, r: string) => `PartitionKey eq '${p}' or RowKey eq '${r}'`,
  (p: string, r: string) => `PartitionKey eq '${p}' and (RowKey eq '${r}' or RowKey eq 'a' or n eq 4)`,
  (p: string, r: string) => `PartitionKey eq '${p}' and not (RowKey le '${r}')`,
  (p: string, r: string) => `not (PartitionKey eq '${p}' and RowKey eq '${r}')`,
  (p: string, r: string) => `'${p}' eq PartitionKey and RowKey ne '${r}'`,
  (p: string, r: string) => `PartitionKey ge '${p}' and RowKey eq '${r}'`,
  (p: string, r: string) => `PartitionKey eq '${p}' and PartitionKey eq '${r}'`,
  (p: string, r: string) => `PartitionKey eq 1 and RowKey eq '${r}'`,
  () => `n gt 5`,
  (p: string) => `PartitionKey eq '${p}' and RowKey eq`,
];

/** The same sequence at each run. */
const numbers = (seed: number) => (below: number) => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
};

type Step = (table: TableClient) => Promise<unknown>;

const withoutTimes = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).filter(([name]) => !/etag|timestamp|odata|requestId|^date$|version/i.test(name)),
  );

const queryAll = async (table: TableClient, filter: string, maxPageSize: number): Promise<object[]> => {
  const rows: object[] = [];
  for await (const page of table.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize })) {
    rows.push({ page: page.map(withoutTimes) });
  }
  return rows;
};

const steps = (count: number): Step[] => {
  const random = numbers(7);
  const key = (): string => keys[random(keys.length)] ?? '';
  const row = (partitionKey = key()): TableEntity => ({
    partitionKey,
    rowKey: key(),
    n: random(8),
    ...(random(2) === 0 ? {} : { text: key() }),
  });
  const action = (partitionKey: string): TransactionAction => {
    const entity = row(partitionKey);
    const kinds: TransactionAction[] = [
      ['create', entity],
      ['upsert', entity, 'Replace'],
      ['upsert', entity, 'Merge'],
      ['update', entity, 'Merge'],
      ['delete', entity],
    ];
    return kinds[random(kinds.length)] ?? ['create', entity];
  };
  return Array.from({ length: count }, (): Step => {
    const [entity, kind, size] = [row(), random(9), 1 + random(4)];
    const filter = (filters[random(filters.length)] ?? (() => ''))(
      entity.partitionKey.replaceAll("'", "''"),
      entity.rowKey.replaceAll("'", "''"),
    );
    const actions = Array.from({ length: size }, () => action(entity.partitionKey));
    switch (kind) {
      case 0:
        return (table) => table.createEntity(entity);
      case 1:
        return (table) => table.upsertEntity(entity, 'Replace');
      case 2:
        return (table) => table.upsertEntity(entity, 'Merge');
      case 3:
        return (table) => table.updateEntity(entity, 'Replace');
      case 4:
        return (table) => table.deleteEntity(entity.partitionKey, entity.rowKey);
      case 5:
        return (table) => table.submitTransaction(actions).then(({ status }) => ({ status }));
      case 6:
        return (table) => table.getEntity(entity.partitionKey, entity.rowKey);
      default:
        return (table) => queryAll(table, filter, size);
    }
  });
};

const outcomeOf = async (step: Step, table: TableClient): Promise<unknown> => {
  try {
    const result = await step(table);
    return Array.isArray(result) ? result : withoutTimes(result as object);
  } catch (error) {
    const { statusCode, code } = error as { statusCode?: number; code?: string };
    return { refused: statusCode, code };
  }
};

test(
  'tables answer as those of a plain Azurite do, whatever is asked of them',
  { timeout: startupMs },
  async () => {
    const plain = await startAzurite();
    onTestFinished(plain.stop);
    const ours = await startOurs(aFolder(), '--in-memory');
    const [ourTable, plainTable] = [clientOf(ours.tables), clientOf(plain.tables)];
    await Promise.all([ourTable.createTable(), plainTable.createTable()]);
    const seen = new Set<string>();
    for (const [index, step] of steps(1200).entries()) {
      const [our, its] = await Promise.all([outcomeOf(step, ourTable), outcomeOf(step, plainTable)]);
      expect(our, `step ${index}`).toEqual(its);
      seen.add(JSON.stringify(its).slice(0, 40));
    }
    const [our, its] = await Promise.all([queryAll(ourTable, '', 1000), queryAll(plainTable, '', 1000)]);
    expect(our).toEqual(its);
    expect(seen.size, 'different outcomes').toBeGreaterThan(50);
  },
);

test(
  'rows written to disk are found by their keys after the next start',
  { timeout: startupMs },
  async () => {
    const folder = aFolder();
    const first = await startOurs(folder, '--data', folder);
    const table = clientOf(first.tables);
    await table.createTable();
    await table.createEntity({ partitionKey: 'p', rowKey: 'kept', n: 1 });
    await table.createEntity({ partitionKey: 'p', rowKey: 'gone', n: 2 });
    await table.deleteEntity('p', 'gone');
    await table.updateEntity({ partitionKey: 'p', rowKey: 'kept', m: 3 }, 'Merge');
    await first.stop();

    const again = clientOf((await startOurs(folder, '--data', folder)).tables);
    expect(await again.getEntity('p', 'kept')).toMatchObject({ n: 1, m: 3 });
    await expect(again.getEntity('p', 'gone')).rejects.toMatchObject({ statusCode: 404 });
    expect(await queryAll(again, "PartitionKey eq 'p'", 10)).toEqual([
      { page: [{ partitionKey: 'p', rowKey: 'kept', n: 1, m: 3 }] },
    ]);
    await expect(again.createEntity({ partitionKey: 'p', rowKey: 'kept' })).rejects.toMatchObject({
      statusCode: 409,
    });
  },
);

test('storage in memory leaves nothing on disk', { timeout: startupMs }, async () => {
  const folder = aFolder();
  const ours = await startOurs(folder, '--in-memory');
  await clientOf(ours.tables).createTable();
  await ours.stop();
  expect(readdirSync(folder)).toEqual([]);
});
