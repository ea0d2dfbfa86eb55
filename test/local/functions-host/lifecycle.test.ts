import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { fixture, startHost } from './host-process.ts';

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

it('a host whose parent goes away stops by itself', async () => {
  const host = await startHost(fixture('http'));
  host.child.disconnect();
  const [code] = (await once(host.child, 'exit')) as [number];
  expect(code).toBe(0);
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});
