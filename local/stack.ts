import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DevConsole, startConsole } from './console/index.ts';
import { lockData } from './stack/lock.ts';
import { claimPorts, loopback, type Ports } from './stack/ports.ts';
import { ServiceProcess } from './stack/service-process.ts';
import {
  commandLine,
  type ServiceName,
  serviceNames,
  servicePorts,
  type ServicesOptions,
} from './stack/services.ts';
import { followSettings, serviceBusConnectionString, storageConnectionString } from './stack/settings.ts';

export interface StackOptions extends ServicesOptions {
  /** 0 chooses a free port. */
  ports: Readonly<Ports>;
  /** The app's settings, written for the default ports; they follow the ports in use. */
  settings: Record<string, string>;
  /** Environment of the services; wins over `settings`. */
  env: Record<string, string | undefined>;
  /** Which services to run. Default: all. */
  services?: readonly ServiceName[];
  /** Serve the developer's console at `/dev` of the Functions port, which opens the services for inspection. Default: no. */
  console?: boolean;
  /** Pass on all that the services print, not only their warnings and errors. */
  verbose?: boolean;
  onLine?: (service: ServiceName, line: string) => void;
  /** A service serves, so many milliseconds after the start. */
  onReady?: (service: ServiceName, afterMs: number) => void;
  /** A service ended without having been asked to; the others still run. */
  onUnexpectedExit?: (service: ServiceName, message: string) => void;
}

/** Where things are. */
export interface StackUrls {
  functions: string;
  serviceBus: string;
  webPubSub: string;
  blob: string;
  table: string;
}

export interface Stack {
  ports: Readonly<Ports>;
  urls: StackUrls;
  /** Whether `/dev` of the Functions port is served. */
  hasConsole: boolean;
  /** The app's settings for the ports in use. */
  settings: Record<string, string>;
  /** Memory of each service that runs, in MiB, where the system tells it. */
  memoryMb(): Partial<Record<ServiceName, number>>;
  /** Where a service can be inspected: URLs of it or of its workers. Empty when it isn't open for that, or doesn't run. */
  inspection(service: ServiceName): string[];
  /** Process id of a service; undefined when it isn't running. */
  pid(service: ServiceName): number | undefined;
  /** Ends one service by a signal and waits for its end; its data stays. */
  kill(service: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Starts a service again on the same port and data, ending it first if it runs; resolves once it serves. */
  restart(service: ServiceName): Promise<void>;
  /** Stops all services, the sockets first, then the app, storage last, and gives the data folder back. */
  stop(): Promise<void>;
}

/**
 * Starts the local services and the app as child processes, and resolves once all of them serve.
 *
 * @throws Error saying which port is busy, which service did not start and why, or that the data folder is in use by
 * another stack; then nothing is left running
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const lock = lockData(dataDir);
  const services = new Map<ServiceName, ServiceProcess>();
  let devConsole: DevConsole | undefined;
  try {
    const names = serviceNames.filter((name) => options.services?.includes(name) ?? true);
    const used = names.flatMap((name) => servicePorts[name]);
    const ports = await claimPorts(options.ports, used, lock.wasStale ? 5000 : 0);
    const settings = followSettings(options.settings, ports);
    const hasConsole = options.console === true;
    const inspectionKey =
      options.inspectionKey ?? (hasConsole ? randomBytes(32).toString('base64url') : undefined);
    if (hasConsole && inspectionKey !== undefined)
      devConsole = await openConsole(inspectionKey, services, ports);
    const mounts = [
      ...(options.mounts ?? []),
      ...(devConsole === undefined ? [] : [`/dev=${devConsole.url}`]),
    ];
    for (const name of names) {
      const each = { ...options, dataDir, inspectionKey, mounts };
      services.set(name, createService(name, each, ports, settings));
    }
    await startAll(services, options);
    return createHandle(services, ports, settings, devConsole !== undefined, async () => {
      await stopAll(services, devConsole);
      lock.release();
    });
  } catch (error) {
    await stopAll(services, devConsole);
    lock.release();
    throw error;
  }
}

/** Where a service can be inspected, as it says itself. */
function inspectionOf(service: ServiceProcess | undefined): string[] {
  const { inspection = [] } = service?.details ?? {};
  return [inspection].flat().filter((place) => typeof place === 'string');
}

/** The console looks for services where they say they are: they may be started anew. */
function openConsole(
  key: string,
  services: ReadonlyMap<ServiceName, ServiceProcess>,
  ports: Ports,
): Promise<DevConsole> {
  const placesOf = (name: ServiceName) => (): string[] => inspectionOf(services.get(name));
  const places = {
    functions: placesOf('functions'),
    webPubSub: placesOf('web-pubsub'),
    storage: placesOf('azurite'),
  };
  const serviceBus = serviceBusConnectionString(ports.serviceBus);
  const storage = storageConnectionString(ports);
  return startConsole({ key, places, serviceBus, storage });
}

function createService(
  name: ServiceName,
  options: ServicesOptions & StackOptions,
  ports: Ports,
  settings: Record<string, string>,
): ServiceProcess {
  const logDir = join(options.dataDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, `${name}.log`);
  writeFileSync(logFile, ''); // each start begins its logs anew
  const command = commandLine(name, options, ports);
  return new ServiceProcess({
    ...command,
    name,
    logFile,
    env: {
      ...(name === 'functions' ? settings : {}),
      ...options.env,
      ...(options.inspectionKey === undefined ? {} : { INSPECTION_KEY: options.inspectionKey }),
    },
    verbose: options.verbose ?? false,
    onLine: (line) => options.onLine?.(name, line),
    onUnexpectedExit: (how) =>
      options.onUnexpectedExit?.(name, `${command.title} ${how}. Its log: ${logFile}`),
  });
}

/** What the app depends on starts at once; the app follows, for it may use them while it loads. */
async function startAll(services: Map<ServiceName, ServiceProcess>, options: StackOptions): Promise<void> {
  const startedAt = performance.now();
  const start = async (name: ServiceName): Promise<void> => {
    await services.get(name)?.start();
    if (services.has(name)) options.onReady?.(name, Math.round(performance.now() - startedAt));
  };
  const failed = (
    await Promise.allSettled(serviceNames.filter((name) => name !== 'functions').map(start))
  ).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
  await start('functions');
}

/** The app first, so that what it had begun can still be finished. */
async function stopAll(
  services: ReadonlyMap<ServiceName, ServiceProcess>,
  devConsole: DevConsole | undefined,
): Promise<void> {
  // The sockets first: the app is told that they have ended, and what it still wants to push it keeps.
  await services.get('web-pubsub')?.stop();
  await services.get('functions')?.stop();
  await devConsole?.close();
  await services.get('service-bus')?.stop();
  await services.get('azurite')?.stop();
}

function createHandle(
  services: ReadonlyMap<ServiceName, ServiceProcess>,
  ports: Ports,
  settings: Record<string, string>,
  hasConsole: boolean,
  stop: () => Promise<void>,
): Stack {
  const service = (name: ServiceName): ServiceProcess => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`"${name}" is not part of this stack.`);
    return found;
  };
  let stopping: Promise<void> | undefined;
  return {
    ports,
    hasConsole,
    urls: {
      functions: `http://${loopback}:${ports.functions}`,
      serviceBus: `sb://${loopback}:${ports.serviceBus}`,
      webPubSub: `http://${loopback}:${ports.webPubSub}`,
      blob: `http://${loopback}:${ports.blob}`,
      table: `http://${loopback}:${ports.table}`,
    },
    settings,
    memoryMb: () => Object.fromEntries([...services].map(([name, each]) => [name, each.memoryMb])),
    inspection: (name) => inspectionOf(service(name)),
    pid: (name) => service(name).pid,
    kill: (name, signal) => service(name).kill(signal),
    restart: async (name) => {
      await service(name).stop();
      await service(name).start();
    },
    stop: () => (stopping ??= stop()),
  };
}
