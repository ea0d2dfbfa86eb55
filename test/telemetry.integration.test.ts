import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTestStack } from './support/test-stack.ts';

/** Nobody listens there. */
const nowhere =
  'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://127.0.0.1:9/';

it(
  'the bundle starts, accepts a message and stops with Application Insights on, as in Azure, and out of reach',
  { timeout: 120_000 },
  async () => {
    const stack = await startTestStack({
      dataDir: mkdtempSync(join(tmpdir(), 'parley-insights-')),
      storageInMemory: true,
      settings: { APPLICATIONINSIGHTS_CONNECTION_STRING: nowhere },
    });
    onTestFinished(() => stack.stop(), 30_000);
    const post = (path: string, body: object, token = '') =>
      fetch(`${stack.urls.functions}/api/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const ann = { username: 'ann', password: 'open sesame' };
    expect((await post('users/register', ann)).status).toBe(201);
    const { token } = (await (await post('users/login', ann)).json()) as { token: string };
    expect((await post('sendMessage', { receiverId: 'bo', messageText: 'hi' }, token)).status).toBe(202);
    await stack.kill('functions', 'SIGTERM');
  },
);
