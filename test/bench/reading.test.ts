import type { HttpClient } from '@azure/core-rest-pipeline';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { expect, it } from 'vitest';
import type { Library, Question } from '../../bench/library.ts';
import { StorageCounter } from '../../bench/parley/storage-counter.ts';
import { readAll } from '../../bench/scenarios/reading.ts';

it('counts calls to storage and the rows that it sends', async () => {
  const bodies = [{ value: [{}, {}, {}] }, { RowKey: 'one' }, { 'odata.error': {} }];
  const statuses = [200, 200, 404];
  const client: HttpClient = {
    sendRequest: (request) =>
      Promise.resolve({
        ...{ request, headers: createHttpHeaders(), status: statuses.shift() ?? 204 },
        bodyAsText: JSON.stringify(bodies.shift() ?? ''),
      }),
  };
  const counter = new StorageCounter(client);
  for (const method of ['GET', 'GET', 'GET', 'POST'] as const)
    await counter.sendRequest(createPipelineRequest({ url: 'http://storage/Table', method }));
  await counter.sendRequest(createPipelineRequest({ url: 'http://hub/api/hubs/chat/', method: 'POST' }));
  expect(counter.take()).toEqual({ calls: 4, rows: 4 });
  expect(counter.take()).toEqual({ calls: 0, rows: 0 });
});

it('reads on from page to page, by the cursor of each instead of the first place', async () => {
  const asked: Question['query'][] = [];
  const pages = [
    { items: [1, 2], nextCursor: 'a2' },
    { items: [3], nextCursor: null },
  ];
  const ask: Library['ask'] = <T>({ query }: Question) => {
    asked.push(query);
    return Promise.resolve(pages.shift() as T);
  };
  const question: Question = { route: 'listMessages', userId: 'ann', query: { after: '0', limit: '2' } };
  expect(await readAll({ ask } as Library, question)).toEqual([1, 2, 3]);
  expect(asked).toEqual([
    { after: '0', limit: '2' },
    { limit: '2', cursor: 'a2' },
  ]);
});
