import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Stack, startStack } from '../../local/stack.ts';
import { serviceNames } from '../../local/stack/services.ts';
import { fillSecrets } from '../../local/stack/settings.ts';
import type { ChatSystem } from '../system.ts';
import { ParleyClients } from './client.ts';
import { ParleyLibrary } from './library.ts';
import { createGroup } from './group.ts';

export interface ParleyOptions {
  /** Folder of the checkout. */
  readonly root: string;
  /** Folder for all state; it must be empty. */
  readonly dataDir: string;
  /** Storage writes nothing to disk. */
  readonly storageInMemory: boolean;
  readonly receiptSeconds: number;
  /** Folder for CPU profiles of the servers, written when they stop. */
  readonly profileDir: string | undefined;
}

/** Limits that protect against one user; here a few users send what many would. */
const raisedLimits = {
  ...{ SEND_RATE: '1000000', SEND_BURST: '1000000', CREATE_PER_MINUTE: '1000000' },
  MODERATION_SAME_TEXT_PER_MINUTE: '0',
};

const profileEnv = (folder: string | undefined): Record<string, string> =>
  folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` };

/** Passes on the first warnings; a service in trouble has many. */
const someOf = (show: (service: string, line: string) => void) => {
  let left = 20;
  return (service: string, line: string): void => {
    if (left-- > 0) show(service, line);
  };
};

/** Bundles the app as `npm start` does. */
export const buildApp = async (root: string): Promise<void> => {
  await promisify(execFile)(process.execPath, ['build.ts'], { cwd: root });
};

/** Starts the whole local stack on free ports with the app's bundle. */
export const startParley = async (options: ParleyOptions): Promise<ChatSystem> => {
  const { root, dataDir, storageInMemory, profileDir, receiptSeconds } = options;
  const sample = fillSecrets(readFileSync(join(root, 'local.settings.sample.json'), 'utf8'));
  const { Values: settings } = JSON.parse(sample) as { Values: Record<string, string> };
  const stack = await startStack({
    appDir: root,
    serviceBusConfig: join(root, 'infra/service-bus.json'),
    webPubSubConfig: join(root, 'infra/web-pubsub.json'),
    dataDir,
    storageInMemory,
    ports: { functions: 0, serviceBus: 0, webPubSub: 0, blob: 0, table: 0 },
    settings: { ...settings, ...raisedLimits },
    env: { ...process.env, ...profileEnv(profileDir) },
    onLine: someOf((service, line) => console.error(`  ${service}: ${line}`)),
    onUnexpectedExit: (_, message) => console.error(message),
  });
  const clients = new ParleyClients({
    url: stack.urls.functions,
    signingKey: stack.settings.AUTH_SIGNING_KEY ?? '',
    receiptSeconds,
  });
  const library = new ParleyLibrary(clients, stack.settings);
  return {
    name: 'parley',
    processes: pidsOf(stack),
    firstRate: 200,
    repeats: () => clients.repeats,
    connect: (userId, onMessage = () => undefined) => clients.connect(userId, onMessage),
    createGroup: async (ownerId, memberIds) => {
      const groupId = await createGroup(clients, ownerId, memberIds);
      clients.noteSize(groupId, memberIds.length + 1);
      return groupId;
    },
    library,
    stop: async () => {
      await library.close();
      clients.close();
      await stack.stop();
    },
  };
};

const pidsOf = (stack: Stack): Record<string, number> =>
  Object.fromEntries(
    serviceNames.map((role) => {
      const pid = stack.pid(role);
      if (pid === undefined) throw new Error(`${role} does not run.`);
      return [role, pid];
    }),
  );
