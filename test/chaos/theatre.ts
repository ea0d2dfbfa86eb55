import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../local/stack.ts';
import { serviceBusConnectionString } from '../../local/stack/settings.ts';
import { startTestStack } from '../support/test-stack.ts';
import { AppClock } from './app-clock.ts';
import { shortLock } from './faults.ts';
import type { Stage } from './faults/fault.ts';
import { Network } from './network.ts';
import { QueueTap } from './queue-tap.ts';
import type { Random } from './random.ts';
import { Upstream } from './upstream.ts';

/** Sends that one user may make in a second, and at once: more than anybody makes but a flood. */
const sendLimits = { SEND_RATE: '50', SEND_BURST: '80' };

/** A stack of its own, and all that stands between its parts. */
export interface Theatre extends Omit<
  Stage,
  'flood' | 'poison' | 'crowdUrl' | 'random' | 'queue' | 'sockets' | 'stack'
> {
  stack: Stack;
  sockets: Network;
  queue: QueueTap;
  /** Folder of the services' logs. */
  logs: string;
  /** What services said that ended without having been asked to. */
  unexpected: string[];
  /** @param isKept leaves the logs where they are */
  close: (isKept: boolean) => Promise<void>;
}

/** A port that is free now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Starts a stack in which everything can go wrong. @param instances of the app; with several, locks of messages are short */
export const openTheatre = async (instances: number, random: Random): Promise<Theatre> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
  const [serviceBus, webPubSub, functions] = [await freePort(), await freePort(), await freePort()];
  const broker = await Network.start(serviceBus);
  const sockets = await Network.start(webPubSub);
  const upstream = await Upstream.start(functions, random.fork('upstream'));
  const inspectionKey = randomBytes(24).toString('base64url');
  const clock = new AppClock(dataDir);
  const unexpected: string[] = [];
  const stack = await startTestStack({
    ...{ dataDir, inspectionKey, ports: { serviceBus, webPubSub, functions } },
    ...(instances > 1 && { workers: instances, serviceBusConfig: withShortLocks(dataDir) }),
    webPubSubConfig: withEventsBy(upstream.port, dataDir),
    settings: {
      ...sendLimits,
      ...clock.settings,
      ServiceBusConnection: serviceBusConnectionString(broker.port),
    },
    onUnexpectedExit: (_, message) => unexpected.push(message),
  });
  const queue = new QueueTap(serviceBusConnectionString(serviceBus), random.fork('queue'));
  return {
    ...{ stack, broker, sockets, upstream, clock, queue, inspectionKey, unexpected },
    logs: join(dataDir, 'logs'),
    close: async (isKept) => {
      await queue.stop();
      await stack.stop();
      await Promise.all([broker.stop(), sockets.stop(), upstream.stop()]);
      if (!isKept) rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** @returns a file with the app's queues, whose locks are short */
const withShortLocks = (folder: string): string => {
  const file = join(folder, 'service-bus.json');
  const config = readFileSync('infra/service-bus.json', 'utf8');
  writeFileSync(file, config.replaceAll(/"LockDuration": "\w+"/g, `"LockDuration": "${shortLock}"`));
  return file;
};

/** @returns a file with the app's hub, which tells its events to a port of ours */
const withEventsBy = (port: number, folder: string): string => {
  const file = join(folder, 'hubs.json');
  const config = readFileSync('infra/web-pubsub.json', 'utf8');
  writeFileSync(file, config.replaceAll('127.0.0.1:7071', `127.0.0.1:${port}`));
  return file;
};
