import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aService, aSocket, serverOf } from './support.ts';

const main = new URL('../../../local/web-pubsub/main.ts', import.meta.url).pathname;

const aFile = (content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'web-pubsub-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'hubs.json');
  writeFileSync(path, content);
  return path;
};

const run = (args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = fork(main, args, { silent: true, env: { ...process.env, ...env }, execArgv: [] });
  child.stdout?.resume();
  child.stderr?.resume();
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
};

const failure = async (args: string[]): Promise<{ code: number | null; text: string }> => {
  const child = run(args);
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
};

const ready = async (child: ChildProcess) => {
  const [message] = (await once(child, 'message')) as [
    { type: string; port: number; connectionString: string },
  ];
  return message;
};

describe('the command line', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('serves until %s', async (signal) => {
    const child = run(['--config', aFile('{}'), '--port', '0'], { WEB_PUBSUB_ACCESS_KEY: 'k'.repeat(40) });
    const message = await ready(child);
    expect(message).toEqual({
      type: 'ready',
      port: message.port,
      connectionString: `Endpoint=http://127.0.0.1:${message.port};AccessKey=${'k'.repeat(40)};Version=1.0;`,
    });
    const { closed } = await aSocket((await serverOf(message).getClientAccessToken()).url);
    const exit = once(child, 'exit');
    child.kill(signal);
    expect(await exit).toEqual([0, null]);
    expect(await closed).toEqual({ code: 1001, reason: 'The service is stopping.' });
  });

  test('ends with its parent', async () => {
    const child = run(['--config', aFile('{}'), '--port', '0']);
    await ready(child);
    const exit = once(child, 'exit');
    child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  test('a port that is taken is named, with the way out', async () => {
    const { port } = await aService();
    const { code, text } = await failure(['--config', aFile('{}'), '--port', String(port)]);
    expect(code).toBe(1);
    expect(text).toBe(
      `Port ${port} on 127.0.0.1 is already in use. Stop what holds it, or choose another port with --port.\n`,
    );
  });

  test.each([
    [[], '--config <file>'],
    [['--config', '/nowhere.json'], 'Cannot read the hubs file /nowhere.json'],
    [['--config', 'x', '--port', 'http'], '--port must be a number'],
    [['--colour'], '--colour'],
  ])('the arguments %j are refused', async (args, message) => {
    const { code, text } = await failure(args);
    expect(code).toBe(1);
    expect(text).toContain(message);
  });

  test('a hubs file that is not valid is refused with its mistakes', async () => {
    const { code, text } = await failure(['--config', aFile('{"hubs":{"chat":{"x":1}}}'), '--port', '0']);
    expect(code).toBe(1);
    expect(text).toContain('hubs.chat: ');
  });
});
