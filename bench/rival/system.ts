import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ChatSystem } from '../system.ts';
import { RivalDevice } from './client.ts';

/** Whether `redis-server` is on the PATH. */
export const hasRedis = (): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'redis-server'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
};

/** Writes its log at once and has it on disk within a second, as Redis recommends; no snapshots beside. */
const startRedis = (port: number, dataDir: string): ChildProcess =>
  spawn(
    'redis-server',
    [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dataDir, '--loglevel', 'warning'],
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );

/** What ends when asked has this long; what does not is ended. */
const patienceMs = 10_000;

const end = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
};

/** The port at which the server serves. @throws Error when it, or Redis, ends instead */
const readyPort = (server: ChildProcess, redis: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('message', (message: { port: number }) => resolve(message.port));
    server.once('exit', () => reject(new Error('The rival did not start.')));
    redis.once('error', (error) => reject(new Error(`Redis did not start: ${error.message}`)));
    redis.once('exit', () => reject(new Error('Redis did not start.')));
  });

/** @param dataDir folder for Redis; it must exist and be empty */
export const startRival = async (dataDir: string): Promise<ChatSystem> => {
  const redisPort = await freePort();
  const secret = randomBytes(32).toString('base64url');
  const redis = startRedis(redisPort, dataDir);
  const script = fileURLToPath(new URL('./server.ts', import.meta.url));
  const server = fork(script, ['--redis-port', `${redisPort}`, '--redis-pid', `${redis.pid ?? 0}`], {
    env: { ...process.env, RIVAL_SECRET: secret },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    await end(server);
    await end(redis);
  };
  try {
    const port = await readyPort(server, redis);
    return {
      name: 'rival',
      processes: { server: server.pid ?? 0, redis: redis.pid ?? 0 },
      firstRate: 2000,
      repeats: () => 0, // its devices show whatever comes
      connect: (userId, onMessage = () => undefined) => RivalDevice.connect(port, userId, secret, onMessage),
      createGroup: async (ownerId, memberIds) => {
        const owner = await RivalDevice.connect(port, ownerId, secret, () => undefined);
        const id = await owner.createGroup(memberIds);
        await owner.close();
        return id;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
