/**
 * `node local/azurite/main.ts --data FOLDER [--blob-port 10000] [--table-port 10002]`: Azurite, Microsoft's storage
 * emulator, in one process for blobs and tables, on 127.0.0.1, without telemetry. It writes its tables out every five
 * seconds and when it stops, so stop it with SIGTERM and never kill it. With `--in-memory` in place of `--data` it writes
 * nothing, and forgets all when it stops. `--inspection-port 0` opens it for inspection, with the key in INSPECTION_KEY.
 */
import { mkdirSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { connect, createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readInspectionPort, startInspection } from '../inspection/inspection.ts';
import { makeFaster } from './faster.ts';
import { watchStorage } from './faults.ts';

const host = '127.0.0.1';

/** Whether somebody listens there. */
function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}

/** The port itself if it is free, a free one for 0. */
function findPort(port: number, flag: string): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const busy = `Port ${port} on ${host} is already in use. Stop what holds it, or choose another port with ${flag}.`;
      reject(new Error(error.code === 'EADDRINUSE' ? busy : error.message));
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolvePort(found));
    });
  });
}

function readPort(text: string, flag: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new Error(`${flag} is "${text}", but must be a number from 0 (any free port) to 65535.`);
  }
  return port;
}

/** Runs Azurite's own command line in this process; without a folder it keeps everything in memory. */
function runAzurite(data: string | undefined, blobPort: number, tablePort: number): void {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('azurite/package.json');
  const { bin } = require(manifest) as { bin: { azurite: string } };
  const ports = ['--blobPort', `${blobPort}`, '--tablePort', `${tablePort}`, '--queuePort', '0'];
  const quiet = ['--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const place = data === undefined ? ['--inMemoryPersistence'] : ['--location', data];
  process.argv = [...process.argv.slice(0, 1), 'azurite', ...place, ...ports, ...quiet];
  makeFaster(dirname(manifest), require);
  require(resolve(dirname(manifest), bin.azurite));
}

/** Where storage can be made to fail; undefined unless that was asked for. */
async function inspect(
  port: number | undefined,
  blobPort: number,
  tablePort: number,
): Promise<string | undefined> {
  if (port === undefined) return undefined;
  const faults = watchStorage(
    new Map([
      [blobPort, 'blob'],
      [tablePort, 'table'],
    ]),
  );
  const inspection = await startInspection({
    port,
    key: process.env.INSPECTION_KEY,
    operations: faults.operations(),
    live: { faults: faults.failures },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void inspection.close());
  return inspection.url;
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'inspection-port': { type: 'string' },
      'in-memory': { type: 'boolean', default: false },
      'blob-port': { type: 'string', default: '10000' },
      'table-port': { type: 'string', default: '10002' },
    },
  });
  if ((values.data === undefined) !== values['in-memory']) {
    throw new Error('Say either --data, the folder Azurite keeps its state in, or --in-memory.');
  }
  const data = values.data === undefined ? undefined : resolve(values.data);
  if (data !== undefined) mkdirSync(data, { recursive: true });
  const blobPort = await findPort(readPort(values['blob-port'], '--blob-port'), '--blob-port');
  const tablePort = await findPort(readPort(values['table-port'], '--table-port'), '--table-port');

  // Azurite's 1,000 modules load in half the time from V8's cache.
  enableCompileCache();
  // A parent that went away must not make the last words fatal: tables are still to be written.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.channel?.unref());
  runAzurite(data, blobPort, tablePort);

  for (const port of [blobPort, tablePort]) {
    while (!(await isListening(port))) await new Promise((later) => setTimeout(later, 10));
  }
  const inspection = await inspect(readInspectionPort(values['inspection-port']), blobPort, tablePort);
  const startupMs = Math.round(performance.now() - startedAt);
  console.log(`Azurite: blobs at http://${host}:${blobPort}, tables at http://${host}:${tablePort}`);
  process.send?.({ type: 'ready', blobPort, tablePort, startupMs, inspection });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
