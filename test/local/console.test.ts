import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConsoleStack, deadLetterOne, startConsoleStack } from './console-support.ts';
import { until } from './inspection/support.ts';
import { aClient } from './web-pubsub/support.ts';

interface List {
  items: Record<string, unknown>[];
}

const aConsole = async (workers?: number): Promise<ConsoleStack> => {
  const started = await startConsoleStack(workers);
  onTestFinished(() => started.stop(), 30_000);
  return started;
};

const way = ({ ask }: ConsoleStack, traceId: string) => ask<List>(`way?traceId=${traceId}`);

const stations = ({ items }: List): unknown[] => items.map(({ kind }) => kind);

const row = ({ items }: List, name: string, value: string) => items.find((each) => each[name] === value);

it(
  'the console shows the whole way of a message by its trace id, and what its stations did',
  { timeout: 60_000 },
  async () => {
    const all = await aConsole(2);
    const { ask, hub, send } = all;
    const ann = await aClient(hub, { userId: 'ann' });
    const traceId = await send('first');
    expect(await ann.messages.next()).toEqual({ name: 'first' });
    const found = await until(
      () => way(all, traceId),
      ({ items }) =>
        items.length === 4 && items.every(({ ms, kind }) => kind !== 'invocation' || ms !== undefined),
    );
    expect(found.items).toMatchObject([
      { kind: 'request', what: 'POST /api/send', detail: 'send: 202' },
      { kind: 'message', what: 'jobs' },
      { kind: 'invocation', what: 'take', detail: 'succeeded, delivery 1' },
      { kind: 'push', what: 'POST :send', detail: '202, 1 connected' },
    ]);
    const one = await ask<{ lines: object[]; calls: object[] }>(
      `invocations/one?id=${String(found.items[2]?.invocationId)}`,
    );
    expect(one.lines).toMatchObject([{ message: 'took first' }]);
    expect(one.calls).toMatchObject([{ method: 'POST', status: 202 }]);
    expect(row(await ask('functions'), 'name', 'take')).toMatchObject({ succeeded: 1, failed: 0 });
    expect(await ask('rows?table=Jobs')).toMatchObject({ items: [{ rowKey: 'first', passwordHash: '•••' }] });
    expect(await ask("rows?table=Jobs&filter=RowKey eq 'other'")).toMatchObject({ items: [] });
    await expect(ask('rows?table=Jobs&filter=nonsense(')).rejects.toThrow(/400/);
    expect(await ask('connections')).toMatchObject({ total: 1, items: [{ userId: 'ann', hub: 'live' }] });
  },
);

it(
  'a paused trigger lets messages wait; a dead letter is shown with its reason, resubmitted and delivered',
  { timeout: 60_000 },
  async () => {
    const all = await aConsole();
    const { ask, bus, send } = all;
    await ask('functions/pause', { name: 'take' });
    expect(row(await ask('functions'), 'name', 'take')).toMatchObject({ isPaused: true });
    const traceId = await send('late');
    expect(stations(await way(all, traceId))).toEqual(['request', 'waiting']);
    await deadLetterOne(bus, { reason: 'Tried', description: 'By hand' });
    expect(row(await ask('entities'), 'path', 'jobs')).toMatchObject({ active: 0, deadLetters: 1 });
    expect(stations(await way(all, traceId))).toEqual(['request', 'dead-letter']);
    const { items } = await ask<List>('messages?path=jobs&dead=true');
    expect(items).toMatchObject([{ deadLetterReason: 'Tried', deadLetterDescription: 'By hand' }]);
    expect(JSON.stringify(items)).not.toContain('late');
    const sequenceNumber = String(items[0]?.sequenceNumber);
    const read = await ask<{ body: string }>(
      `messages/one?path=jobs&dead=true&sequenceNumber=${sequenceNumber}`,
    );
    expect(JSON.parse(read.body)).toEqual({ name: 'late' });
    await ask('messages/resubmit', { path: 'jobs', sequenceNumber });
    await expect(ask('messages/resubmit', { path: 'jobs', sequenceNumber })).rejects.toThrow(/404/);
    await ask('functions/resume', { name: 'take' });
    await until(
      () => way(all, traceId),
      (answer) => answer.items.some(({ detail }) => detail === 'succeeded, delivery 1'),
    );
    expect(row(await ask('entities'), 'path', 'jobs')).toMatchObject({ active: 0, deadLetters: 0 });
  },
);

it(
  'storage that is made to fail fails the function once, and the message comes again',
  { timeout: 60_000 },
  async () => {
    const all = await aConsole();
    await all.ask('faults', { count: 1, status: 500, service: 'table' });
    const traceId = await all.send('unlucky');
    const found = await until(
      () => way(all, traceId),
      ({ items }) => items.some(({ detail }) => detail === 'succeeded, delivery 2'),
    );
    expect(found.items).toMatchObject([
      { kind: 'request' },
      { kind: 'message' },
      { kind: 'invocation', detail: 'failed, delivery 1', failed: true },
      { kind: 'invocation', detail: 'succeeded, delivery 2' },
      { kind: 'push' },
    ]);
    expect(await all.ask('faults')).toMatchObject({ failures: [{ status: 500 }] });
  },
);

it('a connection that is dropped comes back; one that is closed does not', { timeout: 60_000 }, async () => {
  const { ask, hub } = await aConsole();
  const { connectionId, disconnected } = await aClient(hub, { userId: 'bo' }, { autoReconnect: false });
  await ask('connections/end', { hub: 'live', connectionId, how: 'drop' });
  await until(
    () => ask<List>('connections'),
    ({ items }) =>
      items.length === 1 && items[0]?.isConnected === true && items[0].connectionId === connectionId,
  );
  await ask('connections/end', { hub: 'live', connectionId, how: 'close' });
  expect(await disconnected.next()).toBe('Closed by the developer.');
});

describe('the console', () => {
  it(
    'is for this machine and no other site, and changes need their header',
    { timeout: 60_000 },
    async () => {
      const { stack } = await aConsole();
      const base = new URL(stack.urls.functions);
      const status = async (path: string, headers: Record<string, string>, method = 'GET') => {
        const asked = request({ host: base.hostname, port: base.port, path, method, headers }).end();
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        answer.resume();
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        return answer.statusCode;
      };
      expect(await status('/dev', {})).toBe(200);
      expect(await status('/dev', { host: `localhost:${base.port}` })).toBe(200);
      expect(await status('/dev', { host: `rebound.example:${base.port}` })).toBe(403);
      expect(await status('/dev/api/functions', { 'sec-fetch-site': 'cross-site' })).toBe(403);
      expect(await status('/dev/api/functions', { 'sec-fetch-site': 'same-origin' })).toBe(200);
      expect(await status('/dev/api/faults', {}, 'POST')).toBe(403);
      expect(await status('/dev/api/faults', { 'x-console': '1' }, 'POST')).toBe(400);
      expect(await status('/dev/api/none', {})).toBe(404);
      const page = await fetch(`${stack.urls.functions}/dev`);
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
      expect(await (await fetch(`${stack.urls.functions}/dev/app.js`)).text()).not.toMatch(
        /innerHTML|: string/,
      );
      await stack.restart('web-pubsub');
      expect(await (await fetch(`${stack.urls.functions}/dev/api/connections`)).json()).toMatchObject({
        total: 0,
      });
    },
  );
});
