/** `node local/functions-host/main.ts --app . --port 7071`: runs a function app. See README.md. */
import { existsSync } from 'node:fs';
import { setSourceMapsSupport } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettingsFile } from './config/settings.ts';
import { HostStartError, messageOf } from './errors.ts';
import { type FunctionsHost, startFunctionsHost } from './index.ts';
import { stopOnSignals } from './lifecycle.ts';
import { atLeast, formatLogEntry, type LogEntry } from './log.ts';

const usage = `Usage: node main.ts [--app FOLDER] [--port 7071] [--host 127.0.0.1] [--settings FILE]
  --app       the function app: the folder of its package.json and host.json (default: here)
  --settings  file with the app's settings (default: local.settings.json of the app);
              the environment wins; "none" for no file`;

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

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new HostStartError(`--port is "${text}", but must be a number from 0 (any free port) to 65535.`);
  }
  return port;
}

/** The app's settings file; one that was named must be there. */
function fileSettings(appDir: string, file: string | undefined): Record<string, string> {
  if (file === 'none') return {};
  if (file !== undefined && !existsSync(file))
    throw new HostStartError(`--settings: there is no file ${file}.`);
  return readSettingsFile(file ?? resolve(appDir, 'local.settings.json'));
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const { values } = parseArgs({
    options: {
      app: { type: 'string', default: '.' },
      port: { type: 'string', default: '7071' },
      host: { type: 'string', default: '127.0.0.1' },
      settings: { type: 'string' },
    },
  });
  setSourceMapsSupport(true);
  const out = lineWriter(process.stdout);
  const err = lineWriter(process.stderr);
  const log = (entry: LogEntry): void => {
    const line = formatLogEntry(entry, new Date());
    if (atLeast(entry.level, 'warning')) err(line);
    else out(line);
  };
  const appDir = resolve(values.app);
  let running: FunctionsHost | undefined;
  stopOnSignals(
    async () => running?.stop(),
    (error) => console.error(messageOf(error)),
  );
  const host = (running = await startFunctionsHost({
    appDir,
    port: readPort(values.port),
    host: values.host,
    settings: { ...fileSettings(appDir, values.settings), ...process.env },
    log,
  }));
  process.on('unhandledRejection', (reason) => {
    // The worker of the real host ends on these, and the host starts another; here the next start is by hand.
    console.error('Unhandled rejection in the app:', reason);
    process.exit(1);
  });
  const startupMs = Math.round(performance.now() - startedAt);
  const url = `http://${values.host}:${host.port}`;
  out(`Functions host: ${host.functions.length} functions at ${url} after ${startupMs} ms`);
  process.send?.({
    type: 'ready',
    port: host.port,
    url,
    functions: host.functions,
    startupMs,
    memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  });
}

main().catch((error: unknown) => {
  const parseError = error instanceof TypeError && 'code' in error;
  console.error(parseError ? `${error.message}\n${usage}` : messageOf(error));
  if (!(error instanceof HostStartError) && !parseError) console.error(error);
  process.exit(1);
});
