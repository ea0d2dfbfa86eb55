import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Stack } from '../../local/stack.ts';
import { startTestStack } from './test-stack.ts';

/** The running stack, for integration tests: `inject('stack')`. */
export interface TestStack {
  urls: Stack['urls'];
  /** The app's settings: connection strings of the stack, secrets made for this run. */
  settings: Record<string, string>;
  /** Folder of the services' logs. */
  logs: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    stack: TestStack;
  }
}

/** Starts one stack on free ports with a data folder of its own for all integration tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-stack-'));
  const lines: string[] = [];
  const stack = await startTestStack({
    dataDir,
    onLine: (service, line) => lines.push(`${service}: ${line}`),
    onUnexpectedExit: (_, message) => {
      process.stderr.write(`${[message, ...lines.slice(-40)].join('\n')}\n`);
    },
  });
  project.provide('stack', { urls: stack.urls, settings: stack.settings, logs: join(dataDir, 'logs') });
  return async () => {
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
