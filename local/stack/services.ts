import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PortName, Ports } from './ports.ts';
import type { ServiceSpec } from './service-process.ts';
import { followPorts } from './settings.ts';

/** The services of the stack, in the order in which they are started. */
export const serviceNames = ['azurite', 'service-bus', 'web-pubsub', 'functions'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Which ports each service listens on. */
export const servicePorts: Readonly<Record<ServiceName, readonly PortName[]>> = {
  azurite: ['blob', 'table'],
  'service-bus': ['serviceBus'],
  'web-pubsub': ['webPubSub'],
  functions: ['functions'],
};

export interface ServicesOptions {
  /** The function app's folder. */
  appDir: string;
  /** Entities of the broker: a configuration file of the Service Bus emulator. */
  serviceBusConfig: string;
  /** Hubs of the Web PubSub service; URLs in it that point at the default ports follow the ports in use. */
  webPubSubConfig: string;
  /** Processes that run the app. Default 1. */
  workers?: number;
  /** What answers paths of the Functions port that no function takes: `/=FOLDER`, `/path=URL`. Default: nothing. */
  mounts?: readonly string[];
  /** Headers of what they answer: `/=Name: value`. */
  mountHeaders?: readonly string[];
  /** Opens the services for inspection with this key, of at least 16 characters. Default: only a console does. */
  inspectionKey?: string | undefined;
  /** Where state lives. */
  dataDir: string;
  /** Storage writes nothing to disk, and forgets all when it stops. Default: it is kept. */
  storageInMemory?: boolean;
}

type CommandLine = Pick<ServiceSpec, 'title' | 'script' | 'args'>;

const localDir = dirname(dirname(fileURLToPath(import.meta.url)));

/** The hubs' configuration for these ports: the file itself, or a rewritten copy when ports are not the default ones. */
function webPubSubConfigFor({ webPubSubConfig, dataDir }: ServicesOptions, ports: Readonly<Ports>): string {
  const text = readFileSync(webPubSubConfig, 'utf8');
  const followed = followPorts(text, ports);
  if (followed === text) return webPubSubConfig;
  const copy = join(dataDir, 'web-pubsub.json');
  writeFileSync(copy, followed);
  return copy;
}

/** The command line of a service. */
export function commandLine(
  name: ServiceName,
  options: ServicesOptions,
  ports: Readonly<Ports>,
): CommandLine {
  const script = join(localDir, name === 'functions' ? 'functions-host' : name, 'main.ts');
  const inspection = options.inspectionKey === undefined ? [] : ['--inspection-port', '0'];
  switch (name) {
    case 'azurite': {
      const { storageInMemory = false, dataDir } = options;
      const args = storageInMemory ? ['--in-memory'] : ['--data', join(dataDir, 'azurite')];
      args.push('--blob-port', `${ports.blob}`, '--table-port', `${ports.table}`, ...inspection);
      return { title: 'Azurite', script, args };
    }
    case 'service-bus': {
      const args = ['--config', options.serviceBusConfig, '--port', `${ports.serviceBus}`];
      args.push('--data', join(options.dataDir, 'service-bus'));
      return { title: 'The Service Bus broker', script, args };
    }
    case 'web-pubsub': {
      const args = ['--config', webPubSubConfigFor(options, ports), '--port', `${ports.webPubSub}`];
      args.push(...inspection);
      return { title: 'The Web PubSub service', script, args };
    }
    case 'functions': {
      // All settings come through the environment, so that a file of the same app cannot mix with them.
      const args = ['--app', options.appDir, '--port', `${ports.functions}`, '--settings', 'none'];
      args.push('--workers', `${options.workers ?? 1}`, ...inspection);
      for (const mount of options.mounts ?? []) args.push('--mount', mount);
      for (const header of options.mountHeaders ?? []) args.push('--mount-header', header);
      return { title: 'The Functions host', script, args };
    }
  }
}
