import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Stack, startStack } from '../../local/stack.ts';
import { fillSecrets, serviceBusConnectionString } from '../../local/stack/settings.ts';
import { Network } from '../../test/chaos/network.ts';
import { freePort } from '../../test/chaos/theatre.ts';

export interface StageOptions {
  readonly root: string;
  readonly dataDir: string;
  /** Opens the services for inspection, which counts their requests and lets them fail. It costs the servers some time. */
  readonly isInspected: boolean;
  /** Looks at what is alive in the servers' heaps, twice a minute. */
  readonly hasProbe: boolean;
  readonly log: (line: string) => void;
}

/** A running system, and ways to trouble it. */
export interface Stage {
  readonly stack: Stack;
  readonly broker: Network;
  readonly inspectionKey: string;
  /** Where servers write what is alive in their heaps. */
  readonly heaps: string;
  stop(): Promise<void>;
}

/** The product's own limits, but for those that only the making of a crowd meets. */
const settings = {
  CREATE_PER_MINUTE: '1000000',
  MODERATION_SAME_TEXT_PER_MINUTE: '0',
  SEARCH_PER_MINUTE: '600',
};

const nodeOptions = (heaps: string, hasProbe: boolean): Record<string, string> => {
  if (!hasProbe) return {};
  const probe = pathToFileURL(fileURLToPath(import.meta.resolve('./heap-probe.ts')));
  probe.searchParams.set('folder', heaps);
  return { NODE_OPTIONS: [process.env.NODE_OPTIONS ?? '', `--import=${probe.href}`].join(' ').trim() };
};

/** Starts the whole local stack on free ports with the app's bundle; storage keeps everything in memory. */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const { root, dataDir, isInspected, hasProbe, log } = options;
  const heaps = join(dataDir, 'heaps');
  mkdirSync(heaps, { recursive: true });
  const sample = fillSecrets(readFileSync(join(root, 'local.settings.sample.json'), 'utf8'));
  const { Values: values } = JSON.parse(sample) as { Values: Record<string, string> };
  const serviceBus = await freePort();
  const broker = await Network.start(serviceBus);
  const inspectionKey = randomBytes(24).toString('base64url');
  const stack = await startStack({
    ...{ appDir: root, dataDir, storageInMemory: true },
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    ports: { functions: 0, serviceBus, webPubSub: 0, blob: 0, table: 0 },
    // Between the app and its broker is a proxy only where it is to do harm: it would take its share of the machine.
    settings: {
      ...values,
      ...settings,
      ...(isInspected && { ServiceBusConnection: serviceBusConnectionString(broker.port) }),
    },
    env: { ...process.env, ...nodeOptions(heaps, hasProbe) },
    ...(isInspected && { inspectionKey }),
    onUnexpectedExit: (_, message) => log(message),
  });
  return {
    ...{ stack, broker, inspectionKey, heaps },
    stop: async () => {
      await stack.stop();
      await broker.stop();
    },
  };
};
