import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { User } from '../support/chat.ts';

const smoke = (url: string, token = ''): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, ['infra/scripts/smoke.ts'], {
    env: { API_URL: url, SMOKE_TOKEN: token, SMOKE_RECEIVER: 'somebody' },
  });

it('an app that works passes the smoke test, with a message', async () => {
  const user = await User.create('smoke');
  const { stdout } = await smoke(inject('stack').urls.functions, user.token);
  expect(stdout).toContain('a message that is sent is delivered');
  expect(stdout).not.toContain('FAILED');
});

it('an app that lets everybody in does not', async () => {
  const careless = createServer((_, response) => response.end('{}'));
  await new Promise<void>((listening) => careless.listen(0, '127.0.0.1', listening));
  const { port } = careless.address() as AddressInfo;
  const failed = await smoke(`http://127.0.0.1:${port}`).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  careless.close();
  expect(failed).toContain('FAILED  it refuses who has no token');
  expect(failed).toContain('FAILED  it takes no events from anybody but Web PubSub');
});
