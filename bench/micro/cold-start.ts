import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { functionsBundle } from '../../build.options.ts';
import { startStack } from '../../local/stack.ts';
import { fillSecrets } from '../../local/stack/settings.ts';
import { noFaults } from '../ledger.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import type { MicroOptions } from './micro-options.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const entry = 'functions/index.js';

/** An app as it would be deployed: in one bundle with its packages, or with `node_modules` beside it. */
interface Variant {
  readonly folder: string;
  readonly metafile: Metafile;
}

/** Below the checkout, so that packages are found where there is no bundle. */
const variant = async (name: string, packages: 'bundle' | 'external'): Promise<Variant> => {
  const folder = join(root, 'dist/cold-start', name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'host.json'), join(folder, 'host.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', main: entry }));
  const options = { ...functionsBundle, absWorkingDir: root, outdir: join(folder, 'functions'), packages };
  const { metafile } = await build({ ...options, metafile: true });
  return { folder, metafile };
};

/** What is read before the first request: the entry, and all that it does not import lazily. */
const eager = ({ outputs }: Metafile): Metafile['outputs'][string][] => {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const each of outputs[path]?.imports ?? [])
      if (each.external !== true && each.kind !== 'dynamic-import') visit(each.path);
  };
  visit(Object.keys(outputs).find((path) => path.endsWith(entry)) ?? '');
  return [...found].flatMap((path) => outputs[path] ?? []);
};

const kib = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0) / 1024;

/** How large the bundle is, and what would be read without one: the files that it was made of. */
const sizesOf = ({ metafile }: Variant) => {
  const files = new Set(eager(metafile).flatMap(({ inputs }) => Object.keys(inputs)));
  const code = Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.js'));
  return {
    bundleKib: kib(eager(metafile).map(({ bytes }) => bytes)),
    lazyToo: kib(code.map(([, { bytes }]) => bytes)),
    sources: files.size,
    sourcesKib: kib([...files].map((path) => metafile.inputs[path]?.bytes ?? 0)),
  };
};

const loading = `
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await import(process.env.ENTRY);
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ ms: performance.now() - start, cpuMs: (user + system) / 1000 }));
  process.exit();`;

/** Of a process that does nothing but import the app: until all is made and registered. */
const load = async ({ folder }: Variant, settings: Record<string, string>) => {
  const env = { ...process.env, ...settings, ENTRY: join(folder, entry) };
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', loading], { env });
  const last = (await run).stdout.trim().split('\n').at(-1) ?? '';
  return JSON.parse(last) as { ms: number; cpuMs: number };
};

/** From the start of a host's process to the first answer, beside services that run. */
const firstResponse = async (
  { folder }: Variant,
  settings: Record<string, string>,
  dataDir: string,
): Promise<number> => {
  const stack = await startStack({
    appDir: folder,
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    dataDir,
    storageInMemory: true,
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings,
    env: process.env,
  });
  try {
    await stack.kill('functions', 'SIGKILL');
    const start = performance.now();
    await stack.restart('functions');
    const { status } = await fetch(`${stack.urls.functions}/api/health/live`);
    if (status !== 200) throw new Error(`The app answered ${status}.`);
    return performance.now() - start;
  } finally {
    await stack.stop();
  }
};

/** Where nobody listens: what it costs to load is the same. */
const insights = {
  APPLICATIONINSIGHTS_CONNECTION_STRING:
    'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127.0.0.1:9/',
};

/** What a bundle spares who waits for an instance that is just starting. Each run measures each once, after one not counted. */
export const benchColdStart = async ({ dataDir }: MicroOptions): Promise<ScenarioResult> => {
  const sample = fillSecrets(readFileSync(join(root, 'local.settings.sample.json'), 'utf8'));
  const { Values: settings } = JSON.parse(sample) as { Values: Record<string, string> };
  const bundled = await variant('bundled', 'bundle');
  const unbundled = await variant('unbundled', 'external');
  try {
    for (const each of [bundled, unbundled]) await load(each, settings); // the files are in memory then
    const [own, packages] = [await load(bundled, settings), await load(unbundled, settings)];
    const first = (each: Variant, name: string, more = {}) =>
      firstResponse(each, { ...settings, ...more }, join(dataDir, name));
    const figures = {
      ...sizesOf(bundled),
      ...{ loadMs: own.ms, loadCpuMs: own.cpuMs },
      ...{ unbundledLoadMs: packages.ms, unbundledLoadCpuMs: packages.cpuMs },
      firstMs: await first(bundled, 'bundled'),
      unbundledFirstMs: await first(unbundled, 'unbundled'),
      telemetryFirstMs: await first(bundled, 'telemetry', insights),
    };
    return { figures, faults: noFaults, otherPercent: 0, details: {} };
  } finally {
    rmSync(join(root, 'dist/cold-start'), { recursive: true, force: true });
  }
};
