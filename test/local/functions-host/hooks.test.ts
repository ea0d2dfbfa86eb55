import { expect, it } from 'vitest';
import { fixture, launchHost, startHost, withApp } from './host-process.ts';

it('hooks run around the app and around each call, and may change what goes in and comes out', async () => {
  const host = await startHost(fixture('hooks'));
  const answer = await (await fetch(`${host.url}/api/greet`)).text();
  await host.stop();
  const steps = host
    .output()
    .split('\n')
    .filter((line) => line.startsWith('step '));
  expect(answer).toBe('hello from the hook, and after');
  expect(steps).toEqual([
    'step appStart hooks',
    'step preInvocation greet 1',
    'step handler',
    'step postInvocation greet 1 shared',
    'step appTerminate kept',
  ]);
});

it('a hook may recover from a failed call, and one that throws fails the call', async () => {
  const host = await startHost(fixture('hooks'));
  const recovered = await (await fetch(`${host.url}/api/recovers`)).text();
  const refused = await fetch(`${host.url}/api/refused`);
  await host.stop();
  expect(recovered).toBe('recovered from broken');
  expect(refused.status).toBe(500);
  expect(host.output()).toContain('the hook says no');
});

it('a log hook may rewrite what a function logs', async () => {
  const host = await startHost(fixture('hooks'));
  await fetch(`${host.url}/api/logs`);
  await host.line(/warning Function\.logs\.User: \[hidden\]/);
  await host.stop();
  expect(host.output()).not.toContain('password');
});

it('CommonJS apps run as ES modules do, several entry files in the order of their names', async () => {
  await withApp(
    {
      'package.json': '{"main":"*.cjs"}',
      'a.cjs':
        "const { app } = require('@azure/functions'); app.http('a', { handler: () => ({ body: globalThis.order }) }); globalThis.order = 'a';",
      'b.cjs':
        "const { app } = require('@azure/functions'); app.get('b', async () => ({ body: 'b' })); globalThis.order += 'b';",
    },
    async (appDir) => {
      const host = await startHost(appDir);
      expect(await (await fetch(`${host.url}/api/a`)).text()).toBe('ab');
      expect(await (await fetch(`${host.url}/api/b`)).text()).toBe('b');
      await host.stop();
    },
  );
});

it('an app whose appStart hook fails for a while is started once it succeeds', async () => {
  await withApp(
    {
      'index.mjs': `import { app } from '@azure/functions';
        let tries = 0;
        app.hook.appStart(() => { if (++tries === 1) throw new Error('storage is away'); });
        app.http('tries', { handler: () => ({ body: String(tries) }) });`,
    },
    async (appDir) => {
      const host = await startHost(appDir);
      expect(await (await fetch(`${host.url}/api/tries`)).text()).toBe('2');
      expect(host.output()).toMatch(/warning Host\.Startup: An appStart hook failed; .*storage is away/);
      await host.stop();
    },
  );
});

it('a host that waits for its app to start can be stopped', async () => {
  await withApp(
    {
      'index.mjs': `import { app } from '@azure/functions';
        app.hook.appStart(() => { throw new Error('storage is away'); });
        app.http('never', { handler: () => ({}) });`,
    },
    async (appDir) => {
      const host = launchHost(appDir);
      await host.line(/storage is away/);
      expect(await host.stop()).toBe(0);
    },
  );
});
