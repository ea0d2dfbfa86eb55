import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '../../../local/functions-host/main.ts');

/** A Functions host in a process of its own, as its command line starts it. */
export interface HostProcess {
  url: string;
  child: ChildProcess;
  /** Where its processes can be inspected, if it was asked for. */
  inspection: string[];
  /** All that it has printed so far. */
  output: () => string;
  /** Resolves with the first line, printed already or still to come, that matches. */
  line: (pattern: RegExp) => Promise<string>;
  /** Asks it to stop; resolves with its exit code. */
  stop: () => Promise<number | null>;
}

interface Launch {
  args?: string[];
  env?: Record<string, string>;
}

function launch(appDir: string, { args = [], env = {} }: Launch) {
  const child = spawn(process.execPath, [main, '--app', appDir, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      for (const watch of watchers) watch(line);
    });
  }
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const watch = (candidate: string) => {
        if (!pattern.test(candidate)) return;
        watchers.delete(watch);
        resolve(candidate);
      };
      watchers.add(watch);
      lines.forEach(watch);
    });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => lines.join('\n'), line, exited };
}

/** A host that may not have started yet. */
export type StartingHost = Pick<HostProcess, 'line' | 'stop'>;

/** Starts the host without waiting until it serves. */
export function launchHost(appDir: string): StartingHost {
  const { child, line, exited } = launch(appDir, {});
  return {
    line,
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** Starts the host with a fixture's app; rejects with its output when it does not start. */
export async function startHost(appDir: string, options: Launch = {}): Promise<HostProcess> {
  const { child, output, line, exited } = launch(appDir, options);
  const ready = new Promise<{ port: number; inspection?: string[] }>((resolve) => {
    child.once('message', (message) => resolve(message as { port: number; inspection?: string[] }));
  });
  const first = await Promise.race([ready, exited]);
  if (first === null || typeof first === 'number') throw new Error(`The host did not start:\n${output()}`);
  return {
    url: `http://127.0.0.1:${first.port}`,
    child,
    inspection: first.inspection ?? [],
    output,
    line,
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** Starts the host with an app it must refuse; resolves with its exit code and output. */
export async function refusedStart(
  appDir: string,
  options: Launch = {},
): Promise<{ code: number | null; output: string }> {
  const { output, exited } = launch(appDir, options);
  const code = await exited;
  return { code, output: output() };
}

/** Runs a test with an app made of these files, in a folder that sees the project's packages. */
export async function withApp<T>(
  files: Record<string, string>,
  use: (appDir: string) => Promise<T>,
): Promise<T> {
  const appDir = mkdtempSync(join(tmpdir(), 'functions-host-'));
  try {
    symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(appDir, 'node_modules'), 'junction');
    const all = { 'host.json': '{"version":"2.0"}', 'package.json': '{"main":"index.mjs"}', ...files };
    for (const [name, content] of Object.entries(all)) writeFileSync(join(appDir, name), content);
    return await use(appDir);
  } finally {
    rmSync(appDir, { recursive: true });
  }
}

/** The folder of a fixture's app. */
export function fixture(name: string): string {
  return join(import.meta.dirname, 'fixtures', name);
}
