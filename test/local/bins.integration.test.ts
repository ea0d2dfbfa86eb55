import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { bin } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { bin: Record<string, string> };

/** What a command prints until it says that it runs, and how it ends when it is asked to. */
const run = async (name: string, args: string[]): Promise<{ output: string; exitCode: number | null }> => {
  const child = spawn(process.execPath, [bin[name] ?? '', ...args, '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (/127\.0\.0\.1:\d+/.test(output)) break;
  }
  child.kill('SIGTERM');
  const [exitCode] = await ended;
  return { output, exitCode };
};

it.each([
  ['local-service-bus', ['--config', 'infra/service-bus.json']],
  ['local-web-pubsub', ['--config', 'infra/web-pubsub.json']],
  ['local-functions-host', ['--app', 'test/local/functions-host/fixtures/http']],
])('%s runs alone, says where, and ends when asked to', async (name, args) => {
  const { output, exitCode } = await run(name, args);
  expect(output).toMatch(/http|Service Bus/);
  expect(exitCode).toBe(0);
});
