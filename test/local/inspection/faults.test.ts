import { expect, test } from 'vitest';
import { Faults } from '../../../local/inspection/faults.ts';
import { aServer } from '../../support/http-server.ts';

/** A service that counts what it was asked for, and can be made to fail. */
const aService = async () => {
  const served: string[] = [];
  const faults = new Faults({ things: (_, response, status) => response.writeHead(status).end('refused') });
  const url = await aServer((request, response) => {
    faults.pass('things', request, response, () => {
      served.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.writeHead(200, { 'x-served': 'yes' }).end('served');
    });
  });
  const ask = (path: string, signal: AbortSignal | null = null): Promise<string> =>
    fetch(`${url}${path}`, { signal }).then(
      async (response) => `${response.status} ${await response.text()}`,
      (error: unknown) => ((error as Error).cause as { code?: string } | undefined)?.code ?? String(error),
    );
  const operations = faults.operations();
  const asked = { query: new URLSearchParams(), body: undefined };
  return {
    served,
    ask,
    fail: (body: object) => operations['POST faults']?.({ ...asked, body }),
    requests: () => operations['GET requests']?.(asked),
    next: () => operations['GET faults/next']?.(asked) as Promise<{ path: string }>,
  };
};

test('the so-many-th request fails, and no other', async () => {
  const { ask, fail, served } = await aService();
  fail({ skip: 1, count: 2, status: 500 });
  const answers = [];
  for (const path of ['/1', '/2', '/3', '/4']) answers.push(await ask(path));
  expect(answers).toEqual(['200 served', '500 refused', '500 refused', '200 served']);
  expect(served).toEqual(['GET /1', 'GET /4']);
});

test('requests are counted, also those that fail', async () => {
  const { ask, fail, requests } = await aService();
  expect(requests()).toEqual({ things: 0 });
  fail({ status: 503 });
  for (const path of ['/1', '/2', '/3']) await ask(path);
  expect(requests()).toEqual({ things: 3 });
});

test('a request is served, and its answer is lost', async () => {
  const { ask, fail, served } = await aService();
  fail({ isServed: true, status: 0 });
  expect([await ask('/1'), await ask('/2')]).toEqual(['UND_ERR_SOCKET', '200 served']);
  expect(served).toEqual(['GET /1', 'GET /2']);
});

test.each([
  ['before it is served', false, []],
  ['when it has been served', true, ['GET /1']],
])('a request hangs %s, until it is let go, and tells so at once', async (_, isServed, before) => {
  const { ask, fail, served, next } = await aService();
  fail({ hangs: true, isServed });
  const [failure, asking] = [next(), ask('/1')];
  expect((await failure).path).toBe('/1');
  expect(served).toEqual(before);
  fail({ count: 0 });
  expect(await asking).toBe('UND_ERR_SOCKET');
  expect(await ask('/2')).toBe('200 served');
});

test('a request is late', async () => {
  const { ask, fail, served, next } = await aService();
  fail({ delayMs: 20 });
  const [failure, asking] = [next(), ask('/1')];
  await failure;
  expect(served).toEqual([]);
  expect(await asking).toBe('200 served');
});
