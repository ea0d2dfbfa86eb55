/** `node local/functions-host/main.ts --app . --port 7071`: runs a function app. See README.md. */
import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { setSourceMapsSupport } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readInspectionPort } from '../inspection/inspection.ts';
import { secondaryVariable, startWorkers, type WorkerProcesses } from './cluster.ts';
import { readSettingsFile } from './config/settings.ts';
import { HostStartError, messageOf } from './errors.ts';
import { type FunctionsHost, startFunctionsHost } from './index.ts';
import { stopOnSignals } from './lifecycle.ts';
import { atLeast, formatLogEntry } from './log.ts';
import { type Mount, readMounts } from './mounts/mount.ts';

const usage = `Usage: node main.ts [--app FOLDER] [--port 7071] [--host 127.0.0.1] [--settings FILE] [--workers 1]
                     [--drain 20] [--mount PREFIX=FOLDER] [--mount PREFIX=URL] [--mount-header "PREFIX=Name: value"]
  --app       the function app: the folder of its package.json and host.json (default: here)
  --settings  file with the app's settings (default: local.settings.json of the app);
              the environment wins; "none" for no file
  --workers   processes that run the app, sharing the port; only the first one has timers
  --drain     seconds that what runs may take when it is told to stop
  --mount     who answers paths that no function takes: files of a folder, or another server; may be repeated
  --inspection-port  opens it for inspection, with the key in INSPECTION_KEY; 0 takes any free port
  --mount-header  a header of what a mount answers; may be repeated`;

/** Collects lines and writes them once per turn of the event loop: a write per line would cost more than a call. */
function lineWriter(stream: NodeJS.WriteStream): (line: string) => void {
  let pending = '';
  const flush = (): void => {
    const text = pending;
    pending = '';
    if (text !== '') stream.write(text);
  };
  stream.on('error', () => undefined); // the reader is gone: nobody is left to tell
  process.on('exit', flush);
  return (line) => {
    if (pending === '') setImmediate(flush);
    pending += `${line}\n`;
  };
}

function readNumber(option: string, text: string, least: number, most: number, meaning = ''): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new HostStartError(
      `${option} is "${text}", but must be a number from ${least}${meaning} to ${most}.`,
    );
  }
  return number;
}

/** The app's settings file; one that was named must be there. */
function fileSettings(appDir: string, file: string | undefined): Record<string, string> {
  if (file === 'none') return {};
  if (file !== undefined && !existsSync(file))
    throw new HostStartError(`--settings: there is no file ${file}.`);
  return readSettingsFile(file ?? resolve(appDir, 'local.settings.json'));
}

interface CommandLine {
  appDir: string;
  port: number;
  host: string;
  settings: string | undefined;
  workers: number;
  drainMs: number;
  mounts: Mount[];
  inspectionPort: number | undefined;
}

function readCommandLine(): CommandLine {
  const { values } = parseArgs({
    options: {
      app: { type: 'string', default: '.' },
      port: { type: 'string', default: '7071' },
      host: { type: 'string', default: '127.0.0.1' },
      settings: { type: 'string' },
      workers: { type: 'string', default: '1' },
      drain: { type: 'string', default: '20' },
      mount: { type: 'string', multiple: true, default: [] },
      'inspection-port': { type: 'string' },
      'mount-header': { type: 'string', multiple: true, default: [] },
    },
  });
  const workers = readNumber('--workers', values.workers, 1, 64);
  const drainMs = readNumber('--drain', values.drain, 0, 3600) * 1000;
  const { host, settings } = values;
  const mounts = readMounts(values.mount, values['mount-header']);
  const inspectionPort = readInspectionPort(values['inspection-port']);
  return {
    appDir: resolve(values.app),
    port: readNumber('--port', values.port, 0, 65_535, ' (any free port)'),
    host,
    settings,
    workers,
    drainMs,
    mounts,
    inspectionPort,
  };
}

function printError(error: unknown): void {
  console.error(messageOf(error));
}

/** Runs the app in this process. */
async function runApp({
  appDir,
  port,
  host: address,
  settings,
  mounts,
  drainMs,
  inspectionPort,
}: CommandLine): Promise<void> {
  setSourceMapsSupport(true);
  const out = lineWriter(process.stdout);
  const err = lineWriter(process.stderr);
  const { INSPECTION_KEY: key, ...environment } = process.env;
  delete process.env.INSPECTION_KEY; // not for the app
  const state: { host?: FunctionsHost } = {};
  stopOnSignals(async () => state.host?.stop(), printError, drainMs);
  const host = await startFunctionsHost({
    appDir,
    port,
    host: address,
    settings: { ...fileSettings(appDir, settings), ...environment },
    mounts,
    drainMs,
    inspection: inspectionPort === undefined ? undefined : { port: inspectionPort, key },
    timers: process.env[secondaryVariable] === undefined,
    log: (entry) => {
      const line = formatLogEntry(entry, new Date());
      if (atLeast(entry.level, 'warning')) err(line);
      else out(line);
    },
  });
  state.host = host;
  process.on('unhandledRejection', (reason) => {
    // The worker of the real host ends on these, and the host starts another; here the next start is by hand.
    console.error('Unhandled rejection in the app:', reason);
    process.exit(1);
  });
  const url = `http://${address}:${host.port}`;
  const inspection = host.inspectionUrl === undefined ? [] : [host.inspectionUrl];
  process.send?.({ type: 'ready', port: host.port, url, functions: host.functions, inspection });
}

/** Runs the app in several processes. */
async function runWorkers({ workers: count, drainMs }: CommandLine): Promise<void> {
  const state: { workers?: WorkerProcesses } = {};
  stopOnSignals(async () => state.workers?.stop(), printError, drainMs);
  const workers = await startWorkers(count);
  state.workers = workers;
  process.send?.(workers.ready);
  void workers.failed.then(async (code) => {
    console.error(`A worker ended with exit code ${code}.`);
    await workers.stop().catch(printError);
    process.exit(1);
  });
}

async function main(): Promise<void> {
  const commandLine = readCommandLine();
  if (cluster.isPrimary && commandLine.workers > 1) await runWorkers(commandLine);
  else await runApp(commandLine);
}

main().catch((error: unknown) => {
  const isMisuse = error instanceof TypeError && 'code' in error;
  console.error(isMisuse ? `${error.message}\n${usage}` : messageOf(error));
  if (!(error instanceof HostStartError) && !isMisuse) console.error(error);
  process.exit(1);
});
