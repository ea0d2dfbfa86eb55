import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { AzureNamedKeyCredential, TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { leanHttpClient } from '../../functions/clients/http-client.ts';
import { LeanTableClient } from '../../functions/clients/lean-table-client.ts';
import { createTables, openTables, type Tables } from '../../shared/adapters/tables/tables.ts';
import { settingOf } from '../../shared/config.ts';

/** A running Azurite with nothing in it. */
export interface Azurite {
  /** Connection string of its tables. */
  tables: string;
  /** Connection string of its blobs. */
  blobs: string;
  /** Ends it and forgets what it holds. */
  stop: () => Promise<void>;
}

const entry = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');

/** Without this an Azurite whose test worker was killed would live on. */
const exitWithParent = "data:text/javascript,process.once('disconnect',()=>process.exit())";

/** The well-known account that every Azurite has. */
const account =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;' +
  'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;';

/**
 * Starts a real Azurite on free ports that keeps everything in memory: one for each test file, in a `beforeAll` with a
 * generous timeout (it needs about two seconds). Tests that share it use table and container names of their own.
 * @throws Error with Azurite's own output when it does not come up
 */
export const startAzurite = async (): Promise<Azurite> => {
  const child = spawn(
    process.execPath,
    [
      ...['--import', exitWithParent, entry, '--inMemoryPersistence', '--skipApiVersionCheck'],
      ...['--disableTelemetry', '--silent', '--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
    ],
    { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('Azurite was started without pipes.');
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let errors = '';
  stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));

  const urls = new Map<string, string>();
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  await new Promise<void>((resolve, reject) => {
    createInterface(stdout).on('line', (line) => {
      const [, service, url] = /^Azurite (\w+) service is successfully listening at (\S+)/.exec(line) ?? [];
      if (service !== undefined && url !== undefined) urls.set(service, url);
      if (urls.has('Blob') && urls.has('Table')) resolve();
    });
    child.once('error', reject);
    void exited.then(() => reject(new Error(`Azurite ended before it was ready. ${errors}`)));
  });
  return {
    tables: `${account}TableEndpoint=${urls.get('Table') ?? ''}/devstoreaccount1;`,
    blobs: `${account}BlobEndpoint=${urls.get('Blob') ?? ''}/devstoreaccount1;`,
    stop,
  };
};

/** Opens tables as the app does. */
export const openTable = (
  { tables }: Pick<Azurite, 'tables'>,
  { additionalPolicies = [] }: Pick<TableServiceClientOptions, 'additionalPolicies'> = {},
): ((name: string) => TableClient) => {
  const { url } = TableClient.fromConnectionString(tables, 'any');
  const key = new AzureNamedKeyCredential(
    settingOf(tables, 'AccountName') ?? '',
    settingOf(tables, 'AccountKey') ?? '',
  );
  const options = { httpClient: leanHttpClient(), allowInsecureConnection: true, additionalPolicies };
  return (name) => new LeanTableClient(url, name, key, options);
};

/** Starts an Azurite with the app's tables, all empty. */
export const startTables = async (): Promise<{ azurite: Azurite; tables: Tables }> => {
  const azurite = await startAzurite();
  const tables = openTables(openTable(azurite));
  await createTables(tables);
  return { azurite, tables };
};
