import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { aConfig } from './support.ts';

const main = resolve('local/service-bus/main.ts');

async function aConfigFile(config: unknown = aConfig({ queues: [{ name: 'orders' }] })): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'service-bus-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.json');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

function run(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The streams are missing.');
  return { child, exited, stdout: text(stdout), stderr: text(stderr) };
}

async function fails(...args: string[]): Promise<string> {
  const { exited, stderr } = run(...args);
  expect(await exited).toBe(1);
  return stderr;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it says when it is ready, and stops cleanly on %s',
  async (signal) => {
    const { child, exited, stdout } = run('--config', await aConfigFile(), '--port', '0');
    const [ready] = (await once(child, 'message')) as [{ port: number; connectionString: string }];
    expect(ready).toEqual({
      type: 'ready',
      port: expect.any(Number) as number,
      connectionString: `Endpoint=sb://127.0.0.1:${ready.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    });
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(await stdout).toBe(`Service Bus listens on 127.0.0.1:${ready.port}.\n`);
  },
);

test('it stops when its parent is gone', async () => {
  const { child, exited } = run('--config', await aConfigFile(), '--port', '0');
  await once(child, 'message');
  child.disconnect();
  expect(await exited).toBe(0);
});

test('a busy port is named', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await fails('--config', await aConfigFile(), '--port', String(port))).toBe(
    `Port ${port} on 127.0.0.1 is already in use. Stop what holds it, or choose another port with --port.\n`,
  );
});

test('what is wrong with the command line or the file is said', async () => {
  expect(await fails()).toContain('Usage:');
  expect(await fails('--nothing')).toContain("Unknown option '--nothing'");
  expect(await fails('--config', await aConfigFile(), '--port', 'x')).toContain('--port must be a number');
  expect(await fails('--config', '/nowhere.json')).toContain(
    'The configuration /nowhere.json cannot be read',
  );
  expect(await fails('--config', await aConfigFile('{'))).toContain('cannot be read');
  expect(await fails('--config', await aConfigFile({}))).toContain('UserConfig.Namespaces');
});
