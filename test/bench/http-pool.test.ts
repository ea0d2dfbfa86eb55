import { expect, it, onTestFinished } from 'vitest';
import { HttpPool } from '../../bench/clients/http-pool.ts';
import { aServer } from '../support/http-server.ts';

it('what is given up is sent no more, and holds up nothing behind it', async () => {
  const asked: string[] = [];
  const hanging = Promise.withResolvers<undefined>();
  const url = await aServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/hangs') hanging.resolve(undefined);
    else response.end('served');
  });
  const pool = new HttpPool(url, 1);
  onTestFinished(() => pool.close());
  const patience = new AbortController();
  const hangs = pool.request('GET', '/hangs', {}, '', patience.signal);
  const waits = pool.request('GET', '/waits', {}, '', patience.signal);
  const last = pool.request('GET', '/last', {});
  await hanging.promise;
  patience.abort();
  await expect(hangs).rejects.toThrow('given up');
  await expect(waits).rejects.toThrow('given up');
  expect((await last).body).toBe('served');
  expect(asked).toEqual(['/hangs', '/last']);
});
