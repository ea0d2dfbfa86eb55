import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { type RestError, TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { expect, it, onTestFinished } from 'vitest';
import { inspect, inspectionKey } from './support.ts';

const account =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;' +
  'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;';

interface Failures {
  fault?: { remaining: number };
  failures: { method: string; status: number; path: string }[];
}

it(
  'storage fails as often as it is told, in the form of the service, and then works again',
  { timeout: 60_000 },
  async () => {
    const child = fork(
      resolve('local/azurite/main.ts'),
      ['--in-memory', '--blob-port', '0', '--table-port', '0', '--inspection-port', '0'],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: { ...process.env, INSPECTION_KEY: inspectionKey },
      },
    );
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    const [{ tablePort, blobPort, inspection }] = (await once(child, 'message')) as [
      { tablePort: number; blobPort: number; inspection: string },
    ];
    const place = `http://127.0.0.1:${tablePort}/devstoreaccount1`;
    const single = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
    const table = TableClient.fromConnectionString(`${account}TableEndpoint=${place};`, 'Things', single);
    const blobs = new ContainerClient(
      `${account}BlobEndpoint=http://127.0.0.1:${blobPort}/devstoreaccount1;`,
      'things',
      {
        retryOptions: { maxTries: 1 },
      },
    );
    await table.createTable();
    const add = (rowKey: string) => table.createEntity({ partitionKey: 'p', rowKey });
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: unknown) => error,
      );

    await inspect(inspection, 'faults', { service: 'table', status: 503, count: 2 });
    expect(await outcome(blobs.create())).toBe('done');
    for (const key of ['1', '2']) {
      const refused = (await outcome(add(key))) as RestError;
      expect([refused.statusCode, refused.response?.headers.get('x-ms-error-code')]).toEqual([
        503,
        'ServerBusy',
      ]);
    }
    expect(await outcome(add('3'))).toBe('done');

    await inspect(inspection, 'faults', { status: 0, method: 'POST' });
    expect((await outcome(add('4'))) as RestError).toMatchObject({ code: 'ECONNRESET' });
    expect(await outcome(add('4'))).toBe('done');

    const { fault, failures } = await inspect<Failures>(inspection, 'faults');
    expect(fault).toBeUndefined();
    expect(failures.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 0',
      'POST 503',
      'POST 503',
    ]);

    await inspect(inspection, 'faults', { count: 5 });
    await inspect(inspection, 'faults', { count: 0 });
    expect(await outcome(add('5'))).toBe('done');
    for (const wrong of [{ count: -1 }, { status: 200 }, { service: 'queue' }, { method: 1 }]) {
      const headers = { authorization: `Bearer ${inspectionKey}` };
      const answer = await fetch(`${inspection}/faults`, {
        method: 'POST',
        headers,
        body: JSON.stringify(wrong),
      });
      expect(answer.status).toBe(400);
    }
  },
);
