import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { aProject } from './stack-support.ts';

const local = join(import.meta.dirname, '../../local');
const anyPorts = {
  FUNCTIONS_PORT: '0',
  SERVICE_BUS_PORT: '0',
  WEB_PUBSUB_PORT: '0',
  BLOB_PORT: '0',
  TABLE_PORT: '0',
};

interface Run {
  child: ChildProcess;
  lines: string[];
  /** Resolves with the first line that matches. */
  line: (pattern: RegExp) => Promise<string>;
  /** Resolves with the exit code when the process has ended and its output is read. */
  ended: Promise<number | null>;
}

function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): Run {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, npm_lifecycle_event: undefined, ...anyPorts, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      for (const watch of watchers) watch(line);
    });
  }
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const watch = (candidate: string) => {
        if (pattern.test(candidate)) resolve(candidate);
      };
      watchers.add(watch);
      lines.forEach(watch);
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  }, 30_000);
  return { child, lines, line, ended };
}

const start = (cwd: string, ...args: string[]) =>
  run(process.execPath, [join(local, 'start.ts'), ...args], cwd);
const reset = (cwd: string) => run(process.execPath, [join(local, 'reset.ts')], cwd);

/** The ports a running start has printed. */
function portsIn(lines: string[]): number[] {
  const found = lines.flatMap((line) => [...line.matchAll(/(?:http|sb):\/\/127\.0\.0\.1:(\d+)/g)]);
  return [...new Set(found.map(([, port]) => Number(port)))];
}

/** Waits until nobody listens there any more. */
async function untilFree(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const refused = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(false));
      socket.once('error', () => resolve(true));
    });
    socket.destroy();
    if (refused) return;
  }
}

it(
  'start brings everything up, says where, and stops all of it on SIGTERM',
  { timeout: 60_000 },
  async () => {
    const project = aProject();
    const { child, lines, line, ended } = start(project);
    const hello = await line(/^Try: curl/);
    const ports = portsIn(lines);
    expect(ports).toHaveLength(5);
    expect(lines.join('\n')).toMatch(/Everything is up after [\d.]+ s:/);

    const [, functionsPort] =
      /127\.0\.0\.1:(\d+)\/api\/seen # http:\/\/127\.0\.0\.1:\1\/api\/seen$/.exec(hello) ?? [];
    const settings = (await (await fetch(`http://127.0.0.1:${functionsPort}/api/settings`)).json()) as {
      secret: string;
    };
    expect(settings.secret).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(join(project, 'local.settings.json'), 'utf8')).toContain(settings.secret);
    expect(statSync(join(project, 'local.settings.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(project, '.parley/logs')).sort()).toEqual([
      'azurite.log',
      'functions.log',
      'service-bus.log',
      'web-pubsub.log',
    ]);

    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await Promise.all(ports.map(untilFree));
  },
);

it(
  'while a stack runs, another start and a reset are refused; afterwards reset forgets all',
  { timeout: 60_000 },
  async () => {
    const project = aProject();
    const first = start(project, '--services');
    await first.line(/^Everything is up/);
    const second = start(project, '--services');
    expect(await second.ended).toBe(1);
    expect(second.lines.join('\n')).toMatch(/The stack is running already \(process \d+/);
    const refused = reset(project);
    expect(await refused.ended).toBe(1);
    expect(refused.lines.join('\n')).toMatch(/The stack is running \(process \d+\)/);

    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(await reset(project).ended).toBe(0);
    expect(existsSync(join(project, '.parley'))).toBe(false);
    expect(existsSync(join(project, 'local.settings.json'))).toBe(true);
  },
);

it(
  'when start itself is killed its services stop, and the next start and reset know it is gone',
  { timeout: 90_000 },
  async () => {
    const project = aProject();
    const first = start(project);
    await first.line(/^Try: curl/);
    first.child.kill('SIGKILL');
    await Promise.all(portsIn(first.lines).map(untilFree));
    expect(existsSync(join(project, '.parley/stack.pid'))).toBe(true);

    const second = start(project);
    await second.line(/^Try: curl/);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  },
);

it(
  'under npm, a SIGTERM that reaches only the shell in between stops everything too',
  { timeout: 60_000 },
  async () => {
    const project = aProject();
    const script = `true && "${process.execPath}" "${join(local, 'start.ts')}"; true`;
    const shell = run('sh', ['-c', script], project, { npm_lifecycle_event: 'start' });
    await shell.line(/^Try: curl/);
    shell.child.kill('SIGTERM');
    await shell.ended; // closes once the stack, too, has let go of the output
    await Promise.all(portsIn(shell.lines).map(untilFree));
    expect(shell.lines).toContain('Stopping …');
  },
);

it('asked twice to stop, it does not wait for a function that hangs', { timeout: 60_000 }, async () => {
  const project = aProject();
  const { child, lines, line, ended } = start(project, '--verbose');
  await line(/^Try: curl/);
  const [, functionsPort] = /127\.0\.0\.1:(\d+)\/api\/seen/.exec(lines.join('\n')) ?? [];
  const answer = fetch(`http://127.0.0.1:${functionsPort}/api/hang`).catch(() => 'no answer');
  await line(/^functions: hangs/);
  child.kill('SIGINT');
  await line(/Draining/);
  const again = setInterval(() => child.kill('SIGINT'), 200);
  onTestFinished(() => clearInterval(again));
  expect(await ended).toBe(0);
  expect(await answer).toBe('no answer');
  await Promise.all(portsIn(lines).map(untilFree));
});

it('a service that dies ends the stack with exit code 1 and a reason', { timeout: 60_000 }, async () => {
  const project = aProject();
  const { lines, line, ended } = start(project);
  await line(/^Try: curl/);
  const ports = portsIn(lines);
  const [, functionsPort] = /127\.0\.0\.1:(\d+)\/api\/seen/.exec(lines.join('\n')) ?? [];
  await fetch(`http://127.0.0.1:${functionsPort}/api/die`).catch(() => undefined);
  expect(await ended).toBe(1);
  expect(lines.join('\n')).toMatch(/The Functions host ended with exit code 7\. Its log: .*functions\.log/);
  await Promise.all(ports.map(untilFree));
});

it('what fails after the start stops the stack again', { timeout: 60_000 }, async () => {
  const project = aProject();
  writeFileSync(join(project, 'hello.txt'), 'Try: {{nonsense}}');
  const { lines, line, ended } = start(project, '--hello', 'hello.txt');
  await line(/nonsense/);
  expect(await ended).toBe(1);
  expect(existsSync(join(project, '.parley/stack.pid'))).toBe(false);
  await Promise.all(portsIn(lines).map(untilFree));
});

it('start without settings or sample, or with an unknown flag, says what is wrong', async () => {
  const project = aProject();
  const noSample = start(project, '--sample', 'none.json');
  expect(await noSample.ended).toBe(1);
  expect(noSample.lines.join('\n')).toContain('There is neither local.settings.json nor none.json');
  const unknown = start(project, '--port', '1');
  expect(await unknown.ended).toBe(1);
  expect(unknown.lines.join('\n')).toMatch(/Unknown option '--port'[^]*Usage: node local\/start\.ts/);
});
