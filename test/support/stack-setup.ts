import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { type Stack, startStack } from '../../local/stack.ts';
import { fillSecrets } from '../../local/stack/settings.ts';

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

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `npm test` has built the app already; a single test that is run by hand may not have. */
async function buildIfStale(): Promise<void> {
  const bundle = join(root, 'dist/functions/index.js');
  const sources = globSync(['functions/**/*.ts', 'shared/**/*.ts', 'build.ts', 'package-lock.json'], {
    cwd: root,
  });
  const newest = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
  if (existsSync(bundle) && statSync(bundle).mtimeMs >= newest) return;
  await promisify(execFile)(process.execPath, ['build.ts'], { cwd: root });
}

function sampleSettings(): Record<string, string> {
  const sample = fillSecrets(readFileSync(join(root, 'local.settings.sample.json'), 'utf8'));
  return (JSON.parse(sample) as { Values: Record<string, string> }).Values;
}

/** What would make tests wait, or stop them for being many. */
const quick = { DELIVERY_CHECK_SECONDS: '2', SEND_RATE: '1000', SEND_BURST: '1000' };

/** Starts one stack on free ports with a data folder of its own for all integration tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildIfStale();
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-stack-'));
  const lines: string[] = [];
  const stack = await startStack({
    appDir: root,
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    dataDir,
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: { ...sampleSettings(), ...quick },
    env: process.env,
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
