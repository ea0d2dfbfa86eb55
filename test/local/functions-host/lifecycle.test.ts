import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fixture, startHost, withApp } from './host-process.ts';

it('a host that is told to stop answers what it had begun, then ends with 0', async () => {
  const host = await startHost(fixture('http'), {
    env: { AzureFunctionsJobHost__functionTimeout: '00:01:00' },
  });
  const answer = fetch(`${host.url}/api/waits`, { method: 'POST' });
  await host.line(/User: waiting/);
  const code = host.stop();
  expect(await (await answer).text()).toBe('finished');
  expect(await code).toBe(0);
  expect(host.output()).toMatch(/Host\.Shutdown: Stopped\./);
});

it('a host that is told to stop does not wait for a connection that has asked for nothing', async () => {
  const host = await startHost(fixture('http'));
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  await fetch(host.url); // accepted after it, so the other one has been accepted too
  expect(await host.stop()).toBe(0);
  await closed;
});

it('a host that is told to stop leaves what takes too long, and lets the app come to its end', async () => {
  const app = `
    import { app } from '@azure/functions';
    app.http('hangs', { handler: (_, context) => (context.log('hanging'), new Promise(() => {})) });
    app.hook.appTerminate(() => console.log('the app ends'));`;
  await withApp({ 'index.mjs': app }, async (appDir) => {
    const host = await startHost(appDir, { args: ['--drain', '1'] });
    const cutOff = expect(fetch(`${host.url}/api/hangs`)).rejects.toThrow('fetch failed');
    await host.line(/User: hanging/);
    expect(await host.stop()).toBe(1);
    await cutOff;
    expect(host.output()).toMatch(/the app ends[^]*Work in flight did not end within 1 s/);
  });
});

it('a host whose parent goes away stops by itself', async () => {
  const host = await startHost(fixture('http'));
  host.child.disconnect();
  const [code] = (await once(host.child, 'exit')) as [number];
  expect(code).toBe(0);
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});

describe('several workers', () => {
  const app = `
    import { app } from '@azure/functions';
    app.http('who', { handler: () => ({ body: String(process.pid) }) });
    app.http('dies', { handler: () => process.exit(3) });
    app.timer('often', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: () => console.log('timer of', process.pid) });`;

  it('share one port, have the timers once, and stop together', async () => {
    await withApp({ 'index.mjs': app }, async (appDir) => {
      const host = await startHost(appDir, { args: ['--workers', '2'] });
      const pids = new Set<string>();
      while (pids.size < 2) {
        const response = await fetch(`${host.url}/api/who`, { headers: { connection: 'close' } });
        pids.add(await response.text());
      }
      await host.line(/^timer of/);
      expect(await host.stop()).toBe(0);
      expect(host.output().match(/^timer of/gm)).toHaveLength(1);
    });
  }, 60_000);

  it('end with 1 when one of them had to leave work behind', async () => {
    const hangs = `
      import { app } from '@azure/functions';
      app.http('hangs', { handler: (_, context) => (context.log('hanging'), new Promise(() => {})) });`;
    await withApp({ 'index.mjs': hangs }, async (appDir) => {
      const host = await startHost(appDir, { args: ['--workers', '2', '--drain', '1'] });
      const cutOff = expect(fetch(`${host.url}/api/hangs`)).rejects.toThrow('fetch failed');
      await host.line(/User: hanging/);
      expect(await host.stop()).toBe(1);
      await cutOff;
      expect(host.output()).toContain('A worker ended with exit code 1.');
    });
  }, 60_000);

  it('end together, with a reason, when one dies', async () => {
    await withApp({ 'index.mjs': app }, async (appDir) => {
      const host = await startHost(appDir, { args: ['--workers', '2'] });
      const ended = once(host.child, 'exit');
      await fetch(`${host.url}/api/dies`).catch(() => undefined);
      expect((await ended)[0]).toBe(1);
      expect(host.output()).toContain('A worker ended with exit code 3.');
    });
  }, 60_000);
});
