import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { fillSecrets } from '../../local/stack/settings.ts';

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
const quick = {
  DELIVERY_CHECK_SECONDS: '2',
  SEND_RATE: '1000',
  SEND_BURST: '1000',
  CREATE_PER_MINUTE: '1000',
  LOGIN_PER_MINUTE: '1000',
  LOGIN_PER_MINUTE_AND_ACCOUNT: '1000',
  LOGIN_TRIES: '1000',
  REGISTER_PER_MINUTE: '1000',
  SEARCH_PER_MINUTE: '1000',
  MODERATION_SAME_TEXT_PER_MINUTE: '0',
};

export type TestStackOptions = Pick<
  StackOptions,
  | 'dataDir'
  | 'storageInMemory'
  | 'console'
  | 'mounts'
  | 'mountHeaders'
  | 'inspectionKey'
  | 'workers'
  | 'onLine'
  | 'onUnexpectedExit'
> & {
  /** Over the tests' own. */
  settings?: Record<string, string>;
  /** Default: any that are free. */
  ports?: Partial<StackOptions['ports']>;
  /** Default: the app's queues and topics. */
  serviceBusConfig?: string;
  /** Default: the app's hub. */
  webPubSubConfig?: string;
};

/** Starts the whole system from this checkout on free ports, with its data in a folder of the caller's. */
export async function startTestStack({ settings, ports, ...options }: TestStackOptions): Promise<Stack> {
  await buildIfStale();
  return startStack({
    appDir: root,
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0, ...ports },
    settings: { ...sampleSettings(), ...quick, ...settings },
    env: process.env,
    ...options,
  });
}
